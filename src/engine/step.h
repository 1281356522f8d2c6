// step: runs one step: its condition, its attempts, its timeout, its result.
#pragma once

#include "base/value.h"
#include "engine/outline.h"
#include "engine/step_state.h"

struct run;

// Runs the step to its end and tells the listeners. Returns STEP_OK, STEP_FAILED, STEP_SKIPPED,
// STEP_STOPPED or STEP_OPEN. `failure` (in the run's arena, NULL unless it failed or was stopped)
// is { kind, text, where, detail }.
enum step_state step_run(struct run *run, const struct step *step, struct value **failure);

// Waits, waking up early when the run is asked to stop.
void step_pause(struct run *run, int64_t ms);
