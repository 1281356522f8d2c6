// find: where secrets stand in a text.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct find {
    size_t from, to;
    size_t longest; // bytes of one by itself, where several overlap
    uint32_t id;
    bool begun; // only a beginning of it, at the text's end
};

struct finds {
    struct find *items;
    size_t count, room;
};

// Adds one; what goes on from the last, of the same id, becomes one with it.
void finds_add(struct finds *, struct find);
// Puts them in the order in which they stand, without those within others; of the same place the
// least id stays.
void finds_settle(struct finds *);
void finds_free(struct finds *);
