// likeness: whether what a run asks for is what its plan has there. Everything must be equal, save
// what nobody could know before: a time may stand where the plan has a time, and what an earlier
// write has answered where the plan has what that answer was assumed to be.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/value.h"

enum { LIKENESS_SHORTEST = 4 }; // of an answer's field, to be told from any other text

struct likeness {
    struct arena *arena;
    int64_t planned_at, now;     // milliseconds since 1970
    const struct value *answers; // [ { planned, actual } ], texts; without `actual`: not kept
    // The first difference: where ("args.body"), and what stands there on both sides.
    const char *path, *planned, *wanted;
};

// False with the difference set.
bool likeness_holds(struct likeness *, const struct value *planned, const struct value *wanted);
// Appends to `answers` the fields that differ between an answer as it was assumed and as it came;
// `actual` NULL: it came, and was not kept.
void likeness_learn(struct arena *, struct value *answers, const struct value *planned,
                    const struct value *actual);
