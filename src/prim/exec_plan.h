// exec_plan: what a person reads of a program that is to be run.
#pragma once

#include "engine/effect.h"

// Sets the summary from the arguments unless there is a label, and tells of a write what the
// summary does not say, as e->details: the whole command line, folder, environment and input.
void exec_describe(const struct run *, struct effect *);
