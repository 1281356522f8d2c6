// mode: what stands behind the door: the performer of effects. One file a mode.
#pragma once

#include <stdbool.h>

struct effect;
struct run;

struct mode {
    const char *name; // "live", "plan"
    bool rehearsal;   // nothing is changed, nobody is asked, waits pass at once
    // Performs the effect, or answers it in its own way; ends by effect_end, at once or later.
    void (*perform)(struct effect *);
    // Called when an effect has come to its end, before its fiber goes on. May be NULL.
    void (*ended)(struct effect *);
    // Called when a step's function has come to a good end after so many effects of its own; halts
    // the run when that is too few. May be NULL.
    void (*finished)(struct run *, int effects);
    // Keeps what the mode knows so far, and goes back to it, which frees what was kept. For modes
    // that rehearse.
    void *(*keep)(struct run *);
    void (*restore)(struct run *, void *kept);
    // Called when a run ends; frees run->mode_state. May be NULL.
    void (*close)(struct run *);
};

extern const struct mode mode_live, mode_plan, mode_replay;
