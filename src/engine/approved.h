// approved: a plan that a run is held to. The door asks it before each write: one that the plan
// does not contain is not sent, and the run is halted there. What the plan contains and the run
// leaves out is fine, as long as what follows comes in the order of the plan. Retried steps begin
// anew. Undo functions may do what they must: they are a part of the runbook that was approved, and
// a rollback is never held up.
//
// Also made for a plan that is looked at once more before it is applied: then it compares the
// readings, too.
#pragma once

#include <stdbool.h>

#include "base/value.h"

struct approved;
struct effect;

// `plan` is { made (ms since 1970), writes, foreseen, readings } as struct planned has them; it
// must outlive the result. Parts of another form are as good as absent.
struct approved *approved_new(const struct value *plan);
void approved_free(struct approved *);
// For the door: may the write be made? False with the effect's error and detail set: what the plan
// has there, and what the run wants. True for all but writes, and without a plan.
bool approved_allows(struct effect *);
// For the door: an effect has come to its end.
void approved_hear(const struct effect *);
// For a look that failed somewhere: counts what it did not come to read among what has changed.
void approved_missed(struct approved *);
// The readings that are not what they were: [ { reading, now } ]; without `now`: not read.
const struct value *approved_changed(const struct approved *);
