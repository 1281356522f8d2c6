// masks: how a run comes to know secrets, and what of a text may be told.
#pragma once

struct session;

// Gives the session's run its masks; the session stays where it is.
void masks_give(struct session *);
// Of a run that goes on: says which secrets it had learned, for what holds one of them is not
// masked before it is learned again. Returns 0, or the exit code with the message printed.
int masks_tell_lost(const struct session *);
