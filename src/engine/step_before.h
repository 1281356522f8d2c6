// step_before: how things were before a step changed them, for its undo.
#pragma once

#include "base/value.h"

struct run;
struct step;

// Calls the step's `before`, once in all its attempts and resumes, and has the journal keep what it
// returned; without one it does nothing. Returns the failure of the step, in the run's arena: that
// of its `before`, or that what it returned cannot be kept, with nothing changed; else NULL.
struct value *step_before(struct run *, const struct step *, int attempt);
