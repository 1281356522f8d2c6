// kept: how a run was started, as a value, so that it can be started the same again: kept in the
// journal and in plans.
#pragma once

#include "base/value.h"

struct options;

// { phases, from, only, kubeconfig, context, cluster (where these led), lease, values_file, allow,
// deny, plan (of a run that applies one, without its sources) }, in the arena.
struct value *kept_options(const struct options *, struct arena *);
// Fills in what the command line does not say otherwise. The texts stay the value's.
void kept_take(struct options *, const struct value *kept);
