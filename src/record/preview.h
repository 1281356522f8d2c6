// preview: a plan on the screen: phase by phase and step by step what would be done, and how sure
// that is.
#pragma once

#include "engine/event.h"
#include "record/screen.h"

struct story;

struct preview {
    struct screen *screen;
    bool quiet; // only steps that failed, and the end
    int step;   // number of the step
    bool begun;
    char *told; // the last check or gate that does not hold, or NULL
    struct arena arena;
    struct value *gates;      // those that were shown, once is enough
    const struct value *last; // of those that were not shown
    int same;                 // how many gates in a row were not shown for that reason
    struct story *story;      // of it all, for the outlook
};

void preview_hear(struct preview *p, const struct event *e);
void preview_free(struct preview *p);

// For the files of this noun: a gate; the end of a row of gates; what was told last of what does
// not hold (NULL: nothing).
void preview_gate(struct preview *p, const struct value *data);
void preview_gates_end(struct preview *p);
void preview_told(struct preview *p, const char *text);
