#include "engine/unknown.h"

#include <lauxlib.h>
#include <string.h>

#include "engine/failure.h"
#include "engine/mode.h"
#include "engine/run.h"

static const char metatable[] = "runbook.unknown";

struct unknown {
    enum unknown_kind kind;
    const char *summary, *where, *why; // the first two are its user values
};

int unknown_raise(lua_State *L, int index)
{
    const struct unknown *u = luaL_checkudata(L, index, metatable);
    bool plan = run_of(L)->mode->rehearsal;
    if (u->kind == UNKNOWN_BEFORE)
        return failure_raise(L, FAILURE_UNKNOWN,
                             "what was before the step \"%s\" (%s) is not known: %s%s", u->summary,
                             u->where, u->why, plan ? "" : "; take its change back by hand");
    return failure_raise(L, FAILURE_UNKNOWN,
                         "the answer of \"%s\" is not known%s: %s; declare what it would be with "
                         "`assume = ...` on the call at %s%s",
                         u->summary, plan ? " in a plan" : "", u->why, u->where,
                         plan ? "" : ", or let its `probe` return it");
}

static int unknown_touched(lua_State *L)
{
    // In an arithmetic or a comparison it may be either operand.
    return unknown_raise(L, unknown_is(L, 1) ? 1 : 2);
}

static int unknown_expect(lua_State *L)
{
    lua_settop(L, 1);
    return 1;
}

static int unknown_index(lua_State *L)
{
    const struct unknown *u = luaL_checkudata(L, 1, metatable);
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
    if (u->kind != UNKNOWN_DONE || (strcmp(name, "expect") != 0 && strcmp(name, "ok") != 0))
        return unknown_raise(L, 1);
    if (strcmp(name, "ok") == 0)
        lua_pushboolean(L, true);
    else
        lua_pushcfunction(L, unknown_expect);
    return 1;
}

void unknown_open(lua_State *L)
{
    static const char *const touches[] = {
        "__newindex", "__call", "__len",  "__concat", "__tostring", "__pairs", "__add", "__sub",
        "__mul",      "__div",  "__mod",  "__pow",    "__unm",      "__idiv",  "__lt",  "__le",
        "__band",     "__bor",  "__bxor", "__bnot",   "__shl",      "__shr",   "__eq"};
    luaL_newmetatable(L, metatable);
    for (size_t i = 0; i < sizeof touches / sizeof *touches; i++) {
        lua_pushcfunction(L, unknown_touched);
        lua_setfield(L, -2, touches[i]);
    }
    lua_pushcfunction(L, unknown_index);
    lua_setfield(L, -2, "__index");
    lua_pushliteral(L, "unknown");
    lua_setfield(L, -2, "__metatable");
    lua_pushliteral(L, "an answer that is not known in a plan"); // for messages of Lua's library
    lua_setfield(L, -2, "__name");
    lua_pop(L, 1);
}

int unknown_push(lua_State *L, enum unknown_kind kind, const char *summary, const char *where,
                 const char *why)
{
    struct unknown *u = lua_newuserdatauv(L, sizeof *u, 2);
    u->summary = lua_pushstring(L, summary);
    lua_setiuservalue(L, -2, 1);
    u->where = lua_pushstring(L, *where ? where : "(unknown line)");
    lua_setiuservalue(L, -2, 2);
    u->why = why;
    u->kind = kind;
    luaL_setmetatable(L, metatable);
    return 1;
}

bool unknown_is(lua_State *L, int index)
{
    return luaL_testudata(L, index, metatable) != NULL;
}
