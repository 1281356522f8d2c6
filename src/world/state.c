#include "world/state.h"

#include <lauxlib.h>
#include <stdlib.h>

#include "engine/convert.h"

static int message_text(lua_State *L)
{
    luaL_tolstring(L, 1, NULL);
    return 1;
}

bool world_protect(struct world *w, lua_CFunction fn, struct job *job, struct error *err)
{
    job->world = w;
    lua_pushcfunction(w->L, message_text);
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

int world_raise(lua_State *L, const char *what, struct error *err)
{
    luaL_where(L, 1);
    lua_pushfstring(L, "%s: %s", what, error_text(err));
    error_free(err);
    lua_concat(L, 2);
    lua_error(L);
    abort(); // lua_error does not return, but does not say so either
}

struct value *world_plain(lua_State *L, int index, struct arena *a, const char *what)
{
    error_local(err);
    struct value *v = convert_read(L, index, a, &err);
    if (v == NULL)
        world_raise(L, what, &err);
    return v;
}

void world_expect(lua_State *L, int index, int type, const char *what)
{
    if (lua_type(L, index) != type)
        luaL_error(L, "%s must be a %s, and is a %s", what, lua_typename(L, type),
                   luaL_typename(L, index));
}
