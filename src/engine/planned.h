// planned: what a plan collects so that it can be approved: its writes, and the readings they rest
// on. A reading is what stands now in a field that a write will change; that a metric or a clock
// says something else later is expected and makes no plan stale.
#pragma once

#include "base/value.h"

struct effect;
struct run;

struct planned {
    struct value *writes;   // [ identity, and `answer` when it says what is assumed ]
    struct value *foreseen; // [ identity and `answer` ] of reads and questions that were not asked
    struct value *readings; // [ { target, path, value } ], `value` null where nothing stands
    struct value *written;  // { target: true }
};

// Makes the run of a plan collect, from now on.
void planned_start(struct run *);
// For the door: an effect of the plan has come to its end.
void planned_hear(const struct effect *);
// What stands in `object` at a path as diffs write it, "spec.ports[0].port" or
// "metadata.annotations[a/b]"; NULL: nothing. "" is the object.
const struct value *planned_field(struct arena *, const struct value *object, const char *path);
