// kept: how a run was started, as a value, so that it can be started the same again: kept in the
// journal and in plans.
#pragma once

#include "base/value.h"

struct options;

// { phases, from, only, kubeconfig, context, cluster (where these led), lease, values_file, allow,
// deny, plan (of a run that applies one, without its sources) }, in the arena.
struct value *kept_options(const struct options *, struct arena *);
// The same for the journal: with whole paths, for the run may go on from another folder, and
// "path", the runbook's. A plan is applied elsewhere, in a folder that is made like this one.
struct value *kept_here(const struct options *, struct arena *);
// Where the runbook is: `file`, as it was named when the run began, if that still leads there.
const char *kept_file(const char *file, const struct value *kept);
// Fills in what the command line does not say otherwise. The texts stay the value's. A values file
// that comes from here may be gone: o->values_kept.
void kept_take(struct options *, const struct value *kept);
