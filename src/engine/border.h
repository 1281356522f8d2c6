// border: the functions that the Lua prelude and library get from the engine, as the table
// `engine`. Authors never see it.
#pragma once

#include <lua.h>

#include "base/arena.h"

// Pushes the table.
void border_push(lua_State *L);
// Pushes an empty arena that is freed when the calling C function returns or fails.
struct arena *border_arena(lua_State *L);
// engine.parallel and engine.each; see group.c.
int group_parallel(lua_State *L);
int group_each(lua_State *L);
