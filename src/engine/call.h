// call: one call of a step's function, its undo or its condition, in a fiber of its own.
#pragma once

#include <stdint.h>

#include "base/value.h"

struct run;

// In the registry, plan mode: { step name: what it returned }, where something in it is not known.
#define CALL_UNKNOWNS "runbook.unknown_results"

// Calls the function `reference` with the run object in a fiber of its own and waits for its end.
// Returns NULL when it succeeded, else its failure (in the run's arena). `timeout_ms` 0: none. When
// `result` is not NULL it gets what was returned, as plain data (in the run's arena; may be NULL).
struct value *call_function(struct run *run, int reference, int64_t timeout_ms,
                            struct value **result);
