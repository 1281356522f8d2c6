// figures: how the figures of a step went over time.
#pragma once

#include "base/value.h"

enum { FIGURES_MOST_POINTS = 240 };

// Keeps what `figure` { name, value, limit, ok } is now, so many seconds into the step, in
// step.figures: [ { name, limit, points: [ { seconds, value, ok } ] } ]. A figure that stays as it
// is gets a point every five seconds at most; of very many points every other one is left out.
void figures_keep(struct arena *a, struct value *step, const struct value *figure, double seconds);

// Adds the last word of each figure with a limit to step.gates, unless a gate of its name is there:
// a bake that one breach cut short has judged no other.
void figures_to_gates(struct arena *a, struct value *step);
