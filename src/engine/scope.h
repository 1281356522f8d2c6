// scope: whose effects they are: a part of a step, in one of its attempts.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

// What of a step calls. The journal keeps these numbers.
enum scope_part {
    SCOPE_STEP,   // its function
    SCOPE_WHEN,   // its condition
    SCOPE_BEFORE, // what looks how things were
    SCOPE_UNDO,   // what takes its change back
};

struct scope {
    enum scope_part part;
    const char *step;   // its name; NULL outside of any
    int attempt;        // from 1
    int64_t generation; // of an undo: which rollback of the run, from 1; 0: it is only rehearsed
    const char *text;   // all of that as plans and random numbers know it: "step:NAME#1"
};

// Makes one; its text lives in the arena, `step` is the caller's.
struct scope scope_make(struct arena *, enum scope_part, const char *step, int attempt,
                        int64_t generation);
// "step", "when", "before", "undo".
const char *scope_part_name(enum scope_part);
// Is it a part that only looks, and changes nothing?
bool scope_only_looks(enum scope_part);
