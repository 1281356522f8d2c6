// lanes: the effects of a plan, by the step and branch they belong to. In one branch they come in
// order; how branches mingle differs from run to run.
#pragma once

#include <stddef.h>

#include "base/value.h"

struct lane {
    const char *scope, *branch;   // as in an identity
    const struct value **effects; // in their order
    size_t count;
    const char *attempt; // which attempt of the step uses it now; "" none
    size_t next;         // the first effect that may come in that attempt
};

// All zero has none.
struct lanes {
    struct lane *all; // sorted
    size_t count;
};

// Sorts `list`, an array of identities or NULL, into lanes in the arena.
void lanes_fill(struct lanes *, struct arena *, const struct value *list);
// The lane of an identity; NULL when the plan has no effect there.
struct lane *lanes_find(const struct lanes *, const struct value *identity);
