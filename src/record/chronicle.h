// chronicle: what the journal writes of a run's events: the run itself, its steps, its rollbacks.
#pragma once

#include "engine/event.h"
#include "record/store.h"

struct chronicle {
    struct store *store; // the caller's, as is `run`
    const char *run;
    int64_t generation; // of the rollback under way
    // Of the step that ends next: what it returned, as it may be kept; NULL: nothing, or why not.
    const struct value *result;
    const char *withheld;
};

// Whether anything is written of such an event.
bool chronicle_takes(enum event_type);
// Writes it, inside the caller's transaction. False with `err` set.
bool chronicle_write(struct chronicle *, const struct event *, struct error *err);
