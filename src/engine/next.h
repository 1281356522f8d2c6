// next: what to type when a run has ended, such that it can be pasted.
#pragma once

#include "engine/exit.h"

struct run;
struct undo_entry;
struct verdict;

// What is left of the changes that a run made.
enum leftover { NOTHING_CHANGED, ALL_TAKEN_BACK, SOMETHING_STANDS };

// NULL: nothing. Lives as long as the run.
const char *next_action(struct run *, const struct verdict *, enum exit_code, enum leftover);
// How to say what became of the write in doubt: a line for each answer.
const char *next_settle(struct run *, const char *summary, long long seq);
// The same of one that was done, and whose answer is not known.
const char *next_answer(struct run *, const char *summary, long long seq);
// The change of which nobody knows whether it was made: of which step, and what; or NULL.
const struct undo_entry *next_doubtful(const struct run *);
