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
struct scope;

// What became of an effect. The journal keeps these numbers.
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
    bool in_doubt;        // failed, and may have happened all the same
    bool kept;            // the answer is there
    const char *withheld; // why it is not; NULL: nobody knows
    const char *fingerprint, *summary, *where, *error;
    const char *code; // of the error (base/code.h); NULL: none is known
    struct value *result;
    struct value *process; // which processes an exec became; NULL: none is on record
    int64_t deadline;      // of a wait: milliseconds since 1970
};

struct journal {
    // Writes the intent; for a write it is durable on return. False with `err` set: do not go on.
    bool (*begin)(struct journal *, const struct effect *, struct error *);
    // Writes the outcome. False with `err` set: stop, the outcome is not on record.
    bool (*end)(struct journal *, const struct effect *, struct error *);
    // Writes which processes the effect, whose intent is on record, has become: plain data. Durable
    // on return. False with `err` set: they must not begin.
    bool (*process)(struct journal *, const struct effect *, const struct value *, struct error *);
    // Finds what happened at the effect's scope and position before; texts and values in the arena.
    // False with `err` set when the journal cannot be read: then nothing is known, and nothing may
    // be sent.
    bool (*recall)(struct journal *, const struct effect *, struct journal_entry *, struct arena *,
                   bool *found, struct error *);
    // Finds the first effect that the scope made before beyond its `last` one of now. As `recall`.
    bool (*omitted)(struct journal *, const struct scope *, int last, struct journal_entry *,
                    struct arena *, bool *found, struct error *);
    // Finds a write that a step's function has begun, in any attempt, and whose outcome is not
    // known. As `recall`.
    bool (*open)(struct journal *, const char *step, struct journal_entry *, struct arena *,
                 bool *found, struct error *);
    // Keeps what the step that is under way returns, with its end; `result` NULL: nothing. What
    // cannot be given back as it is stands there as withheld, and so does what is `lost`: why it is
    // not known (NULL: it is).
    void (*result)(struct journal *, const struct value *result, const char *lost);
    // Keeps what the `before` of the step returned, NULL: nothing; it is durable with the next
    // intent. False with `err` set when it cannot be written.
    bool (*before)(struct journal *, const char *step, const struct value *before, struct error *);
    // Keeps a source that the run has loaded. `module` is NULL for the runbook itself.
    void (*source)(struct journal *, const char *module, const char *chunk, const char *text,
                   size_t len);
};
