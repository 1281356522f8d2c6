// step_state: how far a step, an undo or a rollback has come.
#pragma once

#include <stdbool.h>

// The journal keeps these numbers; listeners get the names.
enum step_state {
    STEP_RUNNING, // begun, and no end is on record
    STEP_OK,
    STEP_FAILED,
    STEP_SKIPPED, // its `when` said no
    STEP_STOPPED, // by a signal, or because the run was halted
    STEP_OPEN,    // an offline plan lacks an answer
};

// "running", "ok", "failed", "skipped", "stopped", "open".
const char *step_state_name(enum step_state);
// The state of that name. False when there is none.
bool step_state_read(const char *name, enum step_state *state);
