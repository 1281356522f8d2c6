// random: numbers for authors that nobody foresees, and that a run which is resumed draws again.
#pragma once

#include <lua.h>

// math.random([m [, n]]): as Lua's own, but of the run's seed and the place in the run alone.
int random_draw(lua_State *L);
