#include "engine/step_state.h"

#include <string.h>

static const char *const names[] = {
    [STEP_RUNNING] = "running", [STEP_OK] = "ok",           [STEP_FAILED] = "failed",
    [STEP_SKIPPED] = "skipped", [STEP_STOPPED] = "stopped", [STEP_OPEN] = "open"};

const char *step_state_name(enum step_state state)
{
    return names[state];
}

bool step_state_read(const char *name, enum step_state *state)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], name) == 0) {
            *state = (enum step_state)i;
            return true;
        }
    }
    return false;
}
