// unknown: what a plan answers for a change that was not made and whose answer nobody declared. It
// can be passed on; whoever looks into it is told what to declare.
#pragma once

#include <lua.h>
#include <stdbool.h>

// Makes the metatable. Call once a state.
void unknown_open(lua_State *L);
// How far an unknown goes along with who looks into it.
enum unknown_kind {
    UNKNOWN_ALL,
    UNKNOWN_DONE,   // the answer of a write that was done: it passes `expect`, and is `ok`
    UNKNOWN_BEFORE, // what was before a step's change: `summary` is its name
};

// Pushes an unknown that stems from the effect `summary` asked for at `where`; `why`, a literal,
// says why nobody knows it. Returns 1.
int unknown_push(lua_State *L, enum unknown_kind kind, const char *summary, const char *where,
                 const char *why);
// Raises what looking into the unknown at `index` raises.
int unknown_raise(lua_State *L, int index);
// True when the value is an unknown.
bool unknown_is(lua_State *L, int index);
