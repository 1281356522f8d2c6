// border: the functions that the Lua prelude and library get from the engine, as the table
// `engine`. Authors never see it.
#pragma once

#include <lua.h>

#include "base/arena.h"

// Pushes the table.
void border_push(lua_State *L);
// Pushes an empty arena that is freed when the calling C function returns or fails.
struct arena *border_arena(lua_State *L);
// The same for what is made of a text of `len` bytes: bounded by the memory that is left, and the
// length is charged to the step's time.
struct arena *border_arena_of(lua_State *L, size_t len);
// From now on what such an arena holds counts as the script's own memory, and `more` with it.
void border_hold(lua_State *L, struct arena *a, size_t more);
// Raises that the arena, or what `what` was to make besides, has no room.
int border_no_room(lua_State *L, const char *what) __attribute__((noreturn));
// engine.parallel and engine.each; see group.c.
int group_parallel(lua_State *L);
int group_each(lua_State *L);
