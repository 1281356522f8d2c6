// step: runs one step: its condition, its attempts, its timeout, its result.
#pragma once

#include <stdbool.h>

#include "base/value.h"
#include "engine/outline.h"

struct run;

// In the registry, plan mode: { step name: what it returned }, where something in it is not known.
#define STEP_UNKNOWNS "runbook.unknown_results"

enum step_outcome { STEP_OK, STEP_FAILED, STEP_SKIPPED, STEP_STOPPED };

// Runs the step to its end and tells the listeners. `failure` (in the run's arena, NULL unless it
// failed or was stopped) is { kind, text, where, detail }.
enum step_outcome step_run(struct run *run, const struct step *step, struct value **failure);

// Calls the function `reference` with the run object in a fiber of its own and waits for its end.
// Returns NULL when it succeeded, else its failure (in the run's arena). `timeout_ms` 0: none. When
// `result` is not NULL it gets what was returned, as plain data (in the run's arena; may be NULL).
struct value *step_call(struct run *run, int reference, int64_t timeout_ms, struct value **result);
// Waits, waking up early when the run is asked to stop.
void step_pause(struct run *run, int64_t ms);
