// journal: where a run writes down what it is about to do, durably, before it does it. The engine
// only knows these functions; record/journal keeps the real one. Besides them the journal hears the
// run's events like any listener, and so learns of steps, undos and the end.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/value.h"

struct effect;

enum journal_state {
    JOURNAL_STARTED, // begun, and no outcome: for a write, in doubt
    JOURNAL_DONE,
    JOURNAL_FAILED,
    JOURNAL_CANCELLED, // never took place
    JOURNAL_REFUSED,   // a write that was answered as one that changed nothing: done otherwise
};

// What the journal knows of an effect.
struct journal_entry {
    int64_t seq;
    enum journal_state state;
    bool in_doubt; // failed, and may have happened all the same
    bool kept;     // the answer is there; one that holds secrets may not be
    const char *fingerprint, *summary, *where, *error;
    struct value *result;
    int64_t deadline; // of a wait: milliseconds since 1970
};

struct journal {
    // Writes the intent; for a write it is durable on return. False with `err` set: do not go on.
    bool (*begin)(struct journal *, const struct effect *, struct error *);
    // Writes the outcome. False with `err` set: stop, the outcome is not on record.
    bool (*end)(struct journal *, const struct effect *, struct error *);
    // Finds what happened at the effect's scope and position before; texts and values in the arena.
    bool (*recall)(struct journal *, const struct effect *, struct journal_entry *, struct arena *);
    // Finds the first effect that the scope made before beyond its `last` one of now.
    bool (*omitted)(struct journal *, const char *scope, int last, struct journal_entry *,
                    struct arena *);
    // Finds a write of the scope that was begun and whose outcome is not known.
    bool (*open)(struct journal *, const char *scope, struct journal_entry *, struct arena *);
    // Keeps a source that the run has loaded. `module` is NULL for the runbook itself.
    void (*source)(struct journal *, const char *module, const char *chunk, const char *text,
                   size_t len);
};
