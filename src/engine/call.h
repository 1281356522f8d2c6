// call: one call of a step's function, its undo or its condition, in a fiber of its own.
#pragma once

#include <stdint.h>

#include "base/value.h"

struct run;

// In the registry, plan mode: { step name: what it returned }, where something in it is not known.
#define CALL_UNKNOWNS "runbook.unknown_results"

// What a function gets besides the run object: plain data (NULL: nil), or an unknown, which raises
// wherever it is looked into, saying why.
struct call_argument {
    const struct value *value;
    const char *unknown; // why it is not known; NULL: it is
};

// Calls the function `reference` with the run object and `argument` (NULL: none) in a fiber of its
// own and waits for its end. Returns NULL when it succeeded, else its failure (in the run's arena).
// `timeout_ms` 0: none. When `result` is not NULL it gets what was returned, as plain data (in the
// run's arena; may be NULL).
struct value *call_function(struct run *run, int reference, int64_t timeout_ms,
                            const struct call_argument *argument, struct value **result);
