// ledger: secrets, each once, by number and by their bytes.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/secret.h"

struct ledger {
    struct secret *secrets;
    size_t count, room;
    uint32_t *slots; // number + 1 by a hash of the bytes; twice as many as there is room
};

// Adds a secret unless its bytes are there. Returns whether it was added.
bool ledger_add(struct ledger *, const char *name, const char *bytes, size_t len, size_t shortest);
// The secret that is just these bytes, or NULL.
const struct secret *ledger_find(const struct ledger *, const char *bytes, size_t len);
void ledger_free(struct ledger *);
