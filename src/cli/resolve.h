// resolve: what a person has decided about the writes in doubt of a run that goes on: --resolve
// SEQ=done, =not-done or =retry.
#pragma once

#include "cli/options.h"
#include "record/history.h"

// Reads the decisions, with the lock of the run held. In a run that goes forward the replay settles
// them. One that is taken back replays nothing: what was done or was not is written down, and `h`
// read anew; what is to be sent again is marked so, or, while nothing is taken back yet, the
// rollback is given up for it. `rollback`: it was asked for. `decided` becomes { SEQ: decision }.
// False with `err` set: a decision that would have no effect, or a journal that cannot be written.
bool resolve_decisions(struct store *, const struct redact *secrets, const struct options *,
                       bool rollback, struct history *h, struct arena *, struct value **decided,
                       struct error *err);
