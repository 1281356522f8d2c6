// prospect: what the writes that a plan does not make would leave behind: objects as they would be,
// and the systems that would have changed.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/value.h"

struct would_be {
    const char *target, *system;
    struct value *object; // VALUE_NULL: deleted
    bool partial;         // only what is known of it: the rest is as it is now
};

struct prospect {
    struct arena arena;
    struct would_be *objects;
    size_t count;
    const char **systems;
    size_t systems_count;
};

void prospect_free(struct prospect *);
// Remembers how it is; prospect_restore goes back to that, and frees it.
struct prospect *prospect_copy(const struct prospect *);
void prospect_restore(struct prospect *, struct prospect *copy);
// The object as the plan has left it so far, or NULL; `target` may be NULL. Valid until the next
// change.
const struct would_be *prospect_find(const struct prospect *, const char *target);
// Keeps a copy, in place of one of the same target.
void prospect_keep(struct prospect *, const struct would_be *);
// What becomes of the object is not known any more; `target` may be NULL.
void prospect_forget(struct prospect *, const char *target);
// Would the system (may be NULL) have changed?
bool prospect_touched(const struct prospect *, const char *system);
// Would anything?
bool prospect_touched_any(const struct prospect *);
void prospect_touch(struct prospect *, const char *system);
