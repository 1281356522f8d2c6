// state: the Lua state of a run: capped memory, a hook that ends what never comes to the door, and
// the sandbox built by the prelude.
#pragma once

#include <lua.h>
#include <stdbool.h>

#include "base/error.h"

struct run;

// A noun that authors see. `open` pushes its table of functions.
struct primitive {
    const char *name;
    lua_CFunction open;
};

// Makes run->L. False with `err` set when memory is short.
bool state_open(struct run *run, struct error *err);
// Gives the primitives to the prelude, which builds the sandbox around them. The list ends with a
// NULL name. False with `err` set when the prelude does not load.
bool state_prepare(struct run *run, const struct primitive *list, struct error *err);
// Raises the stop of what runs in L when it was stopped, came to its deadline or has used up its
// budget; for C functions that work long and for the hook.
void state_look(lua_State *L);
// A C function has gone through so many bytes for the script, or will: looks as above now and then,
// so that what is linear in its input is heard in a loop as well. Does nothing while no Lua runs.
void state_charge(lua_State *L, size_t bytes);
// How many bytes more the script may use, Lua's and C's taken together; where these are less than
// `wanted` garbage is collected first. SIZE_MAX in a state that is no run's.
size_t state_room(lua_State *L, size_t wanted);
// C holds so many bytes for the script from now on, which count like Lua's own; and gives them
// back.
void state_hold(lua_State *L, size_t bytes);
void state_release(lua_State *L, size_t bytes);
// Pushes a function that the prelude offers to the host: "load", "resolve", "run".
void state_push(lua_State *L, const char *name);
