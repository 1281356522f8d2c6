// state: the inside of a world, for the files of this folder alone. A job_* function runs protected
// by world_protect and may raise Lua errors; whatever it leaves on the stack is dropped.
#pragma once

#include <lua.h>

#include "world/world.h"

struct world {
    lua_State *L;
    int spec; // references in the registry: the table that the file returned,
    int self; // and `w`, which is handed to its functions
    char *name, *hint;
    struct arena arena; // what the services point to
    struct world_service *services;
    size_t service_count;
};

// One call into Lua: what goes in and what comes out, since a protected function has no other way.
struct job {
    struct world *world;
    struct arena *arena;
    const char *text;
    struct value *in, *out;
    struct world_answer *answer;
    struct buf *chunk;
    int number;
};

// Runs fn on an empty stack with job_of(L) being `job`. False with `err` set when it raised an
// error.
bool world_protect(struct world *, lua_CFunction fn, struct job *job, struct error *err);
struct job *job_of(lua_State *L); // empties the stack: call it first, once

void world_push_spec(const struct world *);
void world_push_self(const struct world *);
// Raises "WHAT: " with the text of `err`, which is freed.
int world_raise(lua_State *L, const char *what, struct error *err) __attribute__((noreturn));
// Reads what stands at `index` into the arena; raises an error that begins with `what`.
struct value *world_plain(lua_State *L, int index, struct arena *, const char *what);
// Raises an error when what stands at `index` is not of that Lua type.
void world_expect(lua_State *L, int index, int type, const char *what);
