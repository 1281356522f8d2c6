// results: what the steps of a run have returned, for the steps and undos that come after them.
#pragma once

#include <lua.h>

// engine.result(name): what the step of that name returned; nil when it has not run, was skipped or
// returned nothing. Raises when it failed, when it was interrupted and its undo asks, or when what
// it returned is not on record: naming the step and the reason.
int results_get(lua_State *L);
// engine.has_result(name): whether engine.result would return something.
int results_has(lua_State *L);
