// probe: an author's function that tells whether a write in doubt has taken place, because it can
// look at the other side.
//
// It may also give the answer that the write had, as a table: that says that it took place.
//
// It is called in the fiber of the write, in the write's place. What it asks is asked anew each
// time, has positions of its own below that of the write, and may change nothing.
//
// A run that goes on asks it about a write that the journal leaves in doubt; a run under way about
// one that has just come to be. Until that is settled the journal has the intent alone, so that
// whoever is killed meanwhile is in doubt, and asks again.
#pragma once

#include <lua.h>
#include <stdbool.h>

struct effect;

#define PROBE_DONE     "its probe says that it was done"
#define PROBE_NOT_DONE "sent again, for its probe says that it was not done"

// For modes, while an effect with a probe is performed: has the probe called, and then the effect
// performed once more with `probed` set.
void probe_ask(struct effect *e);
// For the door, when a write that was performed ends in doubt: whether its probe is asked first. It
// then ends later: as done, once more performed, or in doubt after all.
bool probe_settles(struct effect *);
// For the door, in a continuation with the effect at `slot`: calls the probe, has the mode perform
// the effect, and yields to `then`.
int probe_call(lua_State *L, struct effect *e, lua_KContext slot, lua_KFunction then);
// For the door: gives the fiber its place back when the probe was interrupted.
void probe_leave(struct effect *e);
