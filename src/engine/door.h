// door: the one door. Everything a runbook does to the outside is described by an effect and goes
// through door_pass; no primitive acts by itself.
//
// The door asks, in this order: is this a place for effects at all (a step function, in a fiber
// that may yield and was not stopped)? is it allowed? what does the mode want (perform it, rehearse
// it, suppress it)? The performer works asynchronously and calls effect_end once; the door then
// tells the listeners, wakes the fiber, and the answer becomes a Lua value inside the fiber's own
// protected call. A fiber that dies while its effect is under way cancels it.
#pragma once

#include <lua.h>

#include "engine/effect.h"

// Sends the effect, which is the topmost value of the calling primitive's stack, through the door.
// Use as `return door_pass(L, e)`. Raises a failure, or yields and then gives the answer's values.
int door_pass(lua_State *L, struct effect *e);
