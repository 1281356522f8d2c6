// ending: the last word on a run: its exit code, what stands, one sentence, and what to type next.
#pragma once

#include <stdbool.h>

struct run;
struct step;
struct value;

// What became of the phases, for the last word.
struct verdict {
    struct value *failure; // of the first step that failed or was stopped
    const struct step *step;
    bool stopped, rolled_back, rollback_failed;
    bool asked;        // the rollback was asked for, or went on
    const char *cause; // of that; not NULL then
    bool wished;       // that cause is a person's wish, so that to undo everything is success
};

// Looks back over the run, tells the listeners how it ended, and returns the exit code.
int ending_tell(struct run *, const struct verdict *);
