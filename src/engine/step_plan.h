// step_plan: what a plan makes of the end of a step.
#pragma once

#include "base/value.h"

struct run;
struct step;

// Judges the end of the step's function, which is `failure` or NULL: what follows from a change
// that was not made is not known instead of failed, and then neither is what the step returns; the
// step that is to be taken for failed is. Returns the failure, or NULL.
struct value *step_rehearsed(struct run *, const struct step *, struct value *failure);
