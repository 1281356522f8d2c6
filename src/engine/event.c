#include "engine/event.h"

const char *event_name(enum event_type type)
{
    static const char *const names[] = {
        [EVENT_RUN_STARTED] = "run.started",
        [EVENT_PHASE_STARTED] = "phase.started",
        [EVENT_STEP_STARTED] = "step.started",
        [EVENT_EFFECT_STARTED] = "effect.started",
        [EVENT_EFFECT_ENDED] = "effect.ended",
        [EVENT_CHECK] = "check",
        [EVENT_GATE] = "gate",
        [EVENT_LOG] = "log",
        [EVENT_TABLE] = "table",
        [EVENT_PROGRESS] = "progress",
        [EVENT_ASKED] = "asked",
        [EVENT_ANSWERED] = "answered",
        [EVENT_STEP_ENDED] = "step.ended",
        [EVENT_PHASE_ENDED] = "phase.ended",
        [EVENT_ROLLBACK_STARTED] = "rollback.started",
        [EVENT_UNDO_STARTED] = "undo.started",
        [EVENT_UNDO_ENDED] = "undo.ended",
        [EVENT_ROLLBACK_ENDED] = "rollback.ended",
        [EVENT_RUN_ENDED] = "run.ended",
    };
    return names[type];
}
