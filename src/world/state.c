#include "world/state.h"

#include <lauxlib.h>

#include "engine/convert.h"

static int error_text(lua_State *L)
{
    luaL_tolstring(L, 1, NULL);
    return 1;
}

bool world_protect(struct world *w, lua_CFunction fn, struct job *job, struct error *err)
{
    job->world = w;
    lua_pushcfunction(w->L, error_text);
    lua_pushcfunction(w->L, fn);
    lua_pushlightuserdata(w->L, job);
    bool ok = lua_pcall(w->L, 1, 0, -3) == LUA_OK;
    if (!ok) {
        const char *text = lua_tostring(w->L, -1);
        error_set(err, "%s", text ? text : "an error without a text");
    }
    lua_settop(w->L, 0);
    return ok;
}

struct job *job_of(lua_State *L)
{
    struct job *job = lua_touserdata(L, 1);
    lua_settop(L, 0);
    return job;
}

void world_push_spec(const struct world *w)
{
    lua_rawgeti(w->L, LUA_REGISTRYINDEX, w->spec);
}

void world_push_self(const struct world *w)
{
    lua_rawgeti(w->L, LUA_REGISTRYINDEX, w->self);
}

struct value *world_plain(lua_State *L, int index, struct arena *a, const char *what)
{
    struct error err = {""};
    struct value *v = convert_read(L, index, a, &err);
    if (v == NULL)
        luaL_error(L, "%s: %s", what, err.text);
    return v;
}

void world_expect(lua_State *L, int index, int type, const char *what)
{
    if (lua_type(L, index) != type)
        luaL_error(L, "%s must be a %s, and is a %s", what, lua_typename(L, type),
                   luaL_typename(L, index));
}
