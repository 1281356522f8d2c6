// approval: a plan as a file that can be approved: made out of a session that has planned, and
// compared with what another session finds later.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/value.h"

struct options;
struct session;

// Writes the plan of the session, which has come to a good end (`end`, as it will be told), to the
// file that the options name. False with `err` set.
bool approval_save(const struct session *, const struct options *, const struct value *end,
                   struct error *err);

// What a plan was made of and is not as it was, in a session that looks at it again, each printed
// to stderr with what was planned and what is there now. Returns how many.
int approval_changes(const struct session *, const struct value *plan);
// The same for what only shows when the plan has been walked again: readings and writes. Of a walk
// that failed, what was not read counts too.
int approval_changes_in_walk(const struct session *, bool failed);
