#include "world/library.h"

#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/yaml.h"
#include "engine/border.h"
#include "engine/convert.h"
#include "engine/failure.h"
#include "engine/source.h"
#include "world/crypto.h"
#include "world/state.h"

#define LOADED "runbook.world.loaded"

static int json_decode(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    struct arena *a = border_arena(L);
    error_local(err);
    const struct value *v = json_parse(a, text, len, &err);
    if (v == NULL)
        return world_raise(L, "not valid JSON", &err);
    convert_push(L, v);
    return 1;
}

static int json_encode(lua_State *L)
{
    luaL_checkany(L, 1);
    struct arena *a = border_arena(L);
    error_local(err);
    const struct value *v = convert_read(L, 1, a, &err);
    if (v == NULL)
        return world_raise(L, "cannot be written as JSON", &err);
    struct buf text = {0};
    json_write(&text, v, JSON_CANONICAL);
    const char *copy =
        arena_copy(a, buf_text(&text), text.len); // the push below may raise an error
    size_t len = text.len;
    buf_free(&text);
    lua_pushlstring(L, copy, len);
    return 1;
}

static int json_array(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    luaL_setmetatable(L, CONVERT_ARRAY);
    return 1;
}

static int yaml_decode(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    struct arena *a = border_arena(L);
    error_local(err);
    const struct value *documents = yaml_parse(a, text, len, &err);
    if (documents == NULL)
        return world_raise(L, "not valid YAML", &err);
    convert_push(L, value_at(documents, 0));
    return 1;
}

static int require_call(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    lua_settop(L, 1);
    lua_getfield(L, LUA_REGISTRYINDEX, LOADED);
    if (lua_getfield(L, 2, name) != LUA_TNIL)
        return 1;
    source_push(L, lua_tostring(L, lua_upvalueindex(1)), name);
    if (source_compile(L, name) != LUA_OK)
        return lua_error(L);
    lua_call(L, 0, 1);
    if (lua_isnil(L, -1))
        return luaL_error(L, "the module '%s' returned nothing", name);
    lua_pushvalue(L, -1);
    lua_setfield(L, 2, name);
    return 1;
}

static void os_trim(lua_State *L)
{
    const char *const kept[] = {"date", "time"};
    luaL_requiref(L, LUA_OSLIBNAME, luaopen_os, 0);
    lua_newtable(L);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        lua_getfield(L, -2, kept[i]);
        lua_setfield(L, -2, kept[i]);
    }
    lua_setglobal(L, LUA_OSLIBNAME);
}

// A global that is not there. The words of runbooks say that the file is one.
static int missing(lua_State *L)
{
    static const char *const words[] = {"runbook", "phase", "step",   "param",
                                        "secret",  "gate",  "engine", NULL};
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
    const char *file = lua_tostring(L, lua_upvalueindex(1));
    for (size_t i = 0; words[i]; i++) {
        if (strcmp(name, words[i]) == 0) {
            lua_pushfstring(L,
                            "%s is a runbook and no world; `runbook plan %s` says what it would "
                            "do, and `runbook run %s` runs it",
                            file, file, file);
            return lua_error(L);
        }
    }
    return 0;
}

void library_open(lua_State *L, const char *file)
{
    static const luaL_Reg lua_libraries[] = {
        {"_G", luaopen_base},
        {LUA_STRLIBNAME, luaopen_string},
        {LUA_TABLIBNAME, luaopen_table},
        {LUA_MATHLIBNAME, luaopen_math},
        {LUA_UTF8LIBNAME, luaopen_utf8},
        {LUA_COLIBNAME, luaopen_coroutine},
        {NULL, NULL},
    };
    static const luaL_Reg json[] = {
        {"decode", json_decode}, {"encode", json_encode}, {"array", json_array}, {NULL, NULL}};
    static const luaL_Reg yaml[] = {{"decode", yaml_decode}, {NULL, NULL}};

    int top = lua_gettop(L);
    for (const luaL_Reg *r = lua_libraries; r->func; r++)
        luaL_requiref(L, r->name, r->func, 1);
    os_trim(L);
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, LOADED);
    lua_pushstring(L, file);
    lua_pushcclosure(L, require_call, 1);
    lua_setglobal(L, "require");
    lua_pushglobaltable(L);
    lua_createtable(L, 0, 1);
    lua_pushstring(L, file);
    lua_pushcclosure(L, missing, 1);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);

    convert_open(L);
    failure_open(L);
    luaL_newlib(L, json);
    convert_push_null(L);
    lua_setfield(L, -2, "null");
    lua_setglobal(L, "json");
    luaL_newlib(L, yaml);
    lua_setglobal(L, "yaml");
    crypto_open(L);
    lua_setglobal(L, "crypto");
    lua_settop(L, top);
}
