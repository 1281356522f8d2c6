// cjson: what `require "cjson"` and `require "cjson.safe"` return: lua-cjson, for Lua modules that
// are written for it. Use json for what a runbook itself reads and writes. The options are those of
// lua-cjson 2.1.
//
// Decoding is lua-cjson's own. Encoding is ours: prim/cjson_encode.h.
#include <lauxlib.h>
#include <limits.h>

#include "engine/border.h"
#include "engine/state.h"
#include "engine/unknown.h"
#include "prim/cjson_memory.h"
#include "prim/cjson_options.h"
#include "prim/prims.h"

int luaopen_cjson(lua_State *L); // lua-cjson's

// cjson.encode(value): its text, as lua-cjson writes it, the members of objects sorted by their
// bytes. A float has 14 digits; a whole number that Lua has as an integer keeps all of its own.
static int encode(lua_State *L)
{
    luaL_argcheck(L, lua_gettop(L) == 1, 1, "expected 1 argument");
    const struct cjson_style style = cjson_self(L)->now.style;
    return cjson_encode(L, 1, &style);
}

// Pushes lua-cjson's own instance, with the settings as they are now.
static void instance_push(lua_State *L, struct cjson *c)
{
    const struct cjson_settings *now = &c->now;
    lua_getiuservalue(L, lua_upvalueindex(1), 1);
    if (c->told.decode_depth != now->decode_depth) {
        int depth = now->decode_depth < CJSON_DEEPEST ? now->decode_depth : CJSON_DEEPEST;
        lua_getfield(L, -1, "decode_max_depth");
        lua_pushinteger(L, depth);
        lua_call(L, 1, 0);
    }
    if (c->told.decode_invalid != now->decode_invalid) {
        lua_getfield(L, -1, "decode_invalid_numbers");
        lua_pushboolean(L, now->decode_invalid);
        lua_call(L, 1, 0);
    }
    c->told = *now;
}

// cjson.decode(text): what lua-cjson makes of it: numbers as floats, which round what is longer
// than 15 digits, and [] as a table that is written {}. Raises a Lua error in its words.
static int decode(lua_State *L)
{
    enum { COPIES = 2, MOST = INT_MAX / 4 }; // lua-cjson counts in int
    size_t len;
    luaL_argcheck(L, lua_gettop(L) == 1, 1, "expected 1 argument");
    struct cjson *c = cjson_self(L);
    if (unknown_is(L, 1))
        unknown_raise(L, 1);
    luaL_checklstring(L, 1, &len);
    state_charge(L, len);
    if (len > MOST || state_room(L, COPIES * len) < COPIES * len)
        border_no_room(L, "cjson.decode");
    instance_push(L, c);
    lua_getfield(L, -1, "decode");
    lua_pushvalue(L, 1);
    state_hold(L, len); // of which it makes a text, when the worst comes to the worst
    cjson_memory_begin();
    int status = lua_pcall(L, 1, 1, 0);
    cjson_memory_end();
    state_release(L, len);
    if (status == LUA_ERRMEM)
        border_no_room(L, "cjson.decode");
    if (status == LUA_OK)
        return 1;
    luaL_where(L, 1);
    lua_insert(L, -2);
    lua_concat(L, 2);
    return lua_error(L);
}

// In cjson.safe: nil and the text of an error. A failure of the engine's goes on: time that is up,
// an answer that a plan does not know, memory.
static int protect(lua_State *L)
{
    luaL_argcheck(L, lua_gettop(L) == 1, 1, "expected 1 argument");
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_insert(L, 1);
    int status = lua_pcall(L, 1, 1, 0);
    if (status == LUA_OK)
        return 1;
    if (status == LUA_ERRMEM)
        border_no_room(L, "cjson.safe");
    if (lua_type(L, -1) != LUA_TSTRING)
        return lua_error(L);
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
}

static void protect_field(lua_State *L, int self, const char *name)
{
    lua_pushvalue(L, self);
    lua_getfield(L, -2, name);
    lua_pushcclosure(L, protect, 2);
    lua_setfield(L, -2, name);
}

static int module_new(lua_State *L);

// cjson.encode_sparse_array([convert [, ratio [, safe]]])
// cjson.encode_max_depth([depth])
// cjson.encode_number_precision([digits])
// cjson.encode_invalid_numbers([setting])
// cjson.encode_keep_buffer([keep])
// cjson.decode_max_depth([depth])
// cjson.decode_invalid_numbers([setting]): the option, after it was changed when an argument is
// given; lua-cjson's manual says what they mean. Set them while a file loads: what a step sets ends
// with it.

// Pushes a module table around lua-cjson's on top of the stack, which it pops.
static int module_push(lua_State *L, bool shared, bool safe)
{
    static const luaL_Reg functions[] = {
        {"encode", encode},
        {"decode", decode},
        {"new", module_new},
        {NULL, NULL},
    };
    static const char *const kept[] = {"_NAME", "_VERSION", "null"};
    int theirs = lua_gettop(L);
    lua_getfield(L, theirs, "encode_keep_buffer"); // theirs is never filled
    lua_pushboolean(L, false);
    lua_call(L, 1, 0);
    struct cjson *c = lua_newuserdatauv(L, sizeof *c, 1);
    *c = (struct cjson){.now = cjson_defaults, .at_load = cjson_defaults, .told = cjson_defaults};
    c->shared = shared;
    c->safe = safe;
    lua_pushvalue(L, theirs);
    lua_setiuservalue(L, -2, 1);
    lua_newtable(L);
    lua_pushvalue(L, -2);
    luaL_setfuncs(L, functions, 1);
    lua_pushvalue(L, -2);
    luaL_setfuncs(L, cjson_options, 1);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        lua_getfield(L, theirs, kept[i]);
        lua_setfield(L, -2, kept[i]);
    }
    if (safe) {
        protect_field(L, theirs + 1, "encode");
        protect_field(L, theirs + 1, "decode");
    }
    lua_replace(L, theirs);
    lua_settop(L, theirs);
    return 1;
}

// cjson.new(): a cjson with options of its own. `cjson.null` is the same as json.null.
static int module_new(lua_State *L)
{
    const struct cjson *c = lua_touserdata(L, lua_upvalueindex(1));
    lua_settop(L, 0);
    lua_getiuservalue(L, lua_upvalueindex(1), 1);
    lua_getfield(L, -1, "new");
    lua_call(L, 0, 1);
    return module_push(L, false, c->safe);
}

static int open_module(lua_State *L)
{
    lua_settop(L, 0);
    luaopen_cjson(L);
    lua_settop(L, 1);
    return module_push(L, true, lua_toboolean(L, lua_upvalueindex(1)));
}

int prim_cjson(lua_State *L)
{
    lua_newtable(L);
    lua_pushboolean(L, false);
    lua_pushcclosure(L, open_module, 1);
    lua_setfield(L, -2, "cjson");
    lua_pushboolean(L, true);
    lua_pushcclosure(L, open_module, 1);
    lua_setfield(L, -2, "cjson.safe");
    return 1;
}
