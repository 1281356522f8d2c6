// probe: an author's function that tells whether a write in doubt has taken place, because it can
// look at the other side.
//
// It is called in the fiber of the write, in the write's place. What it asks is asked anew each
// time, has positions of its own below that of the write, and may change nothing.
#pragma once

#include <lua.h>

struct effect;

// For modes, while an effect with a probe is performed: has the probe called, and then the effect
// performed once more with `probed` set.
void probe_ask(struct effect *e);
// For the door, in a continuation with the effect at `slot`: calls the probe, has the mode perform
// the effect, and yields to `then`.
int probe_call(lua_State *L, struct effect *e, lua_KContext slot, lua_KFunction then);
// For the door: gives the fiber its place back when the probe was interrupted.
void probe_leave(struct effect *e);
