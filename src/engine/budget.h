// budget: how long Lua may run in a step: processor time between two waits, added up. What it waits
// for does not count, and neither does what the host does with an effect.
#pragma once

#include <stdbool.h>

struct run;

// A new step, or an undo: nothing is spent yet.
void budget_renew(struct run *);
// Lua code begins to run, and has come back.
void budget_enter(struct run *);
void budget_leave(struct run *);
// Has the Lua code that runs now used up what it may? False when none was entered.
bool budget_is_spent(const struct run *);
