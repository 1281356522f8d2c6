// latest: the run that a resume without a name means.
#pragma once

#include <stdbool.h>

#include "base/error.h"

struct history;
struct options;
struct store;

// Whether there is something to go on with in `h`, which is the latest run. No other run is taken
// in its place: it may be of another system, and going on may take back what nobody asked for.
// False with `err` set: what became of it, and which other run stopped.
bool latest_may_resume(struct store *, const struct options *, const struct history *h,
                       struct error *err);
