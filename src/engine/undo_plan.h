// undo_plan: what a plan says of failing: what would be undone, and what would stay.
#pragma once

#include <stdbool.h>

struct run;
struct value;

// What would become of the changes made so far if the run failed now, and were rolled back or not:
// { undo [ { step, shared_with [ name ], writes [ summary ], problem (text or null) } ] in that
// order, stays [ { step, text, lasting } ] }, in the run's arena. With `rehearse` the undos are
// rehearsed for that, and the plan goes on as if they had not been; without it `writes` and
// `problem` are left out.
struct value *undo_prospect(struct run *, bool rollback, bool rehearse);
