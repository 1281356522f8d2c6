// ndjson: every event as one JSON object on a line of its own, for programs.
// {"event":"step.ended","at":"2026-11-22T14:22:33.123Z","phase":"canary","step":"5 %", ...data}
// "phase" and "step" are left out where there is none.
#pragma once

#include <stdio.h>

#include "engine/event.h"

struct listener *ndjson_new(FILE *out); // flushed after each line; stays the caller's
void ndjson_free(struct listener *ndjson);
