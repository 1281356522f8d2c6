// account: the books of what a run and its step have done, for undos and for the last word on the
// run.
#pragma once

struct effect;

// The door lets the effect through. A write counts from here on.
void account_begin(const struct effect *);
// It has come to its end, or was given up: a write that was refused has changed nothing, and one
// in doubt leaves the step in doubt.
void account_end(const struct effect *);
