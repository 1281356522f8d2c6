// again: what to type to begin the same run anew.
#pragma once

#include "cli/options.h"

struct redact;
struct run;

// What stands behind `runbook` then, for a shell, in the run's arena: the file, and all options
// that decide what is done, where, and with whose leave. Not how it is shown, for a report's file
// would be written over; and no secret: in its place stands what a shell takes for a mistake
// unless a variable of that name is set.
const char *again_words(struct run *, const struct options *, const struct redact *secrets);
