// library: what a world file finds to work with. Lua's base, string, table, math, utf8, coroutine,
// os.date and os.time; require, for runbook's library ("runbook.world.kubernetes") and for files
// beside the world file; and the globals
//   json.decode(text), json.encode(value) in canonical form, json.null, json.array(t) marks a table
//   yaml.decode(text), the first document of a stream
//   crypto, see crypto.h
// Each of these raises a Lua error when it is given what it cannot read.
#pragma once

#include <lua.h>

// Prepares a new state for the world that stands in `file`. May raise a Lua error: call it
// protected.
void library_open(lua_State *L, const char *file);
