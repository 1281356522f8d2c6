// block: the heading of a phase, and the lines of one step or undo: a line with its mark, its name
// and how long it took, and under it only what matters.
//
// What a step says is held back for a second, so that a quick step is one line with its details
// below. A longer one is opened by its name, tells its details as they come, and is closed by its
// line.
#pragma once

#include "engine/event.h"
#include "record/screen.h"

struct block {
    struct screen *screen;
    bool quiet;   // only when it failed
    bool verbose; // every effect and check

    char *phase; // a heading still to be printed, or NULL
    int64_t phase_at;

    bool begun, opened, undo;
    char *name;
    int64_t at;
    struct arena arena;  // of this block
    struct value *gates; // the last word of each gate; shown: whether it was printed
    struct value *told;  // texts of failures that were printed
};

void block_phase(struct block *b, const struct event *e);
void block_begin(struct block *b, const struct event *e, bool undo);
// Something happened within the block, or outside of any.
void block_hear(struct block *b, const struct event *e);
// Opens the block when it is a second old and has something to tell, or when `now`.
void block_touch(struct block *b, int64_t at, bool now);
void block_end(struct block *b, const struct event *e); // EVENT_STEP_ENDED or EVENT_UNDO_ENDED
void block_free(struct block *b);
