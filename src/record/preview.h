// preview: a plan on the screen: phase by phase and step by step what would be done, and how sure
// that is.
#pragma once

#include "engine/event.h"
#include "record/screen.h"

struct preview {
    struct screen *screen;
    bool quiet; // only steps that failed, and the end
    int step;   // number of the step
    bool begun;
    char *told; // the last check or gate that does not hold, or NULL
    struct arena arena;
    struct value *queries; // those that were shown, once is enough
};

void preview_hear(struct preview *p, const struct event *e);
void preview_free(struct preview *p);
