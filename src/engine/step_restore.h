// step_restore: the steps that a run had finished before it was interrupted.
#pragma once

#include "engine/past.h"
#include "engine/step_state.h"

struct run;
struct step;
struct value;

// Did it come to its end, with nothing in doubt? NULL: it is not on record.
bool step_is_finished(const struct past_step *);
// What such a step left behind is there again, without running it; where the source is another one,
// it is replayed as proof that it does the same. Returns its state, or STEP_STOPPED with `failure`
// set when it does not.
enum step_state step_restore(struct run *, const struct step *, const struct past_step *,
                             struct value **failure);
