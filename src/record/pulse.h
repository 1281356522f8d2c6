// pulse: the progress line: how far the run is, what is under way, and the figures against their
// limits.
#pragma once

#include "engine/event.h"
#include "record/screen.h"

struct pulse {
    struct screen *screen;
    int64_t step, steps; // the how-manieth step this is, of how many
    bool undoing, asking;
    int64_t begun, ended; // effects of this step
    int64_t drawn;        // when the line was last drawn for an effect
    int64_t waited; // when it last told of a wait; the effects of a bake do not flicker through it
};

void pulse_hear(struct pulse *p, const struct event *e);
