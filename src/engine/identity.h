// identity: what makes two writes the same one, in a plan and in the run that applies it: the step
// and branch they belong to, and what they ask for.
#pragma once

#include "base/value.h"

struct effect;
struct run;

// { scope: "step:NAME", lane: the branches of parallel and each it is in ("" outside of them),
// kind, system, args, summary, where } of a write, in the arena. Secrets are masked, what a Secret
// holds is "***", message authentication codes are "[computed]", what the author says only the run
// can know (e->varies) is "[varies]", and what says nothing of what is done (e->aside) is left out.
struct value *identity_of(const struct effect *, struct arena *);
// Notes a text that the run has computed out of a secret, so that identities do not show it. Only
// the latest ones are known.
void identity_computed(struct run *, const char *hex);
