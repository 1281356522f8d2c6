#include "engine/unknown.h"

#include <lauxlib.h>

#include "engine/failure.h"
#include "engine/mode.h"
#include "engine/run.h"

static const char metatable[] = "runbook.unknown";

struct unknown {
    const char *summary, *where, *why; // the first two are its user values
};

int unknown_raise(lua_State *L, int index)
{
    const struct unknown *u = luaL_checkudata(L, index, metatable);
    return failure_raise(L, FAILURE_UNKNOWN,
                         "the answer of \"%s\" is not known%s: %s; declare what it would be with "
                         "`assume = ...` on the call at %s",
                         u->summary, run_of(L)->mode->rehearsal ? " in a plan" : "", u->why,
                         u->where);
}

static int unknown_touched(lua_State *L)
{
    // In an arithmetic or a comparison it may be either operand.
    return unknown_raise(L, unknown_is(L, 1) ? 1 : 2);
}

void unknown_open(lua_State *L)
{
    static const char *const touches[] = {
        "__index", "__newindex", "__call", "__len",  "__concat", "__tostring", "__pairs", "__add",
        "__sub",   "__mul",      "__div",  "__mod",  "__pow",    "__unm",      "__idiv",  "__lt",
        "__le",    "__band",     "__bor",  "__bxor", "__bnot",   "__shl",      "__shr",   "__eq"};
    luaL_newmetatable(L, metatable);
    for (size_t i = 0; i < sizeof touches / sizeof *touches; i++) {
        lua_pushcfunction(L, unknown_touched);
        lua_setfield(L, -2, touches[i]);
    }
    lua_pushliteral(L, "unknown");
    lua_setfield(L, -2, "__metatable");
    lua_pushliteral(L, "an answer that is not known in a plan"); // for messages of Lua's library
    lua_setfield(L, -2, "__name");
    lua_pop(L, 1);
}

int unknown_push(lua_State *L, const char *summary, const char *where, const char *why)
{
    struct unknown *u = lua_newuserdatauv(L, sizeof *u, 2);
    u->summary = lua_pushstring(L, summary);
    lua_setiuservalue(L, -2, 1);
    u->where = lua_pushstring(L, *where ? where : "(unknown line)");
    lua_setiuservalue(L, -2, 2);
    u->why = why;
    luaL_setmetatable(L, metatable);
    return 1;
}

bool unknown_is(lua_State *L, int index)
{
    return luaL_testudata(L, index, metatable) != NULL;
}
