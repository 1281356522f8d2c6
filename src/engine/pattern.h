// pattern: the string functions that match Lua's patterns, as lstrlib has them, save that matching
// is counted: a pattern that backtracks for ages is stopped like any other code. Lua's own run to
// their end, whatever the hook would say.
#pragma once

#include <lua.h>

// Pushes a table with find, match, gmatch and gsub (Lua 5.4 manual, 6.4.1).
void pattern_push(lua_State *L);
