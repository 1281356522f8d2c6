#include "world/world.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/duration.h"
#include "base/memory.h"
#include "base/yaml.h"
#include "engine/convert.h"
#include "world/library.h"
#include "world/state.h"

// The whole number in a field of the table on top of the stack.
static int64_t field_integer(lua_State *L, const char *name, int64_t fallback)
{
    if (lua_getfield(L, -1, name) == LUA_TNIL) {
        lua_pop(L, 1);
        return fallback;
    }
    int whole;
    lua_Integer n = lua_tointegerx(L, -1, &whole);
    if (!whole)
        luaL_error(L, "%s must be a whole number", name);
    lua_pop(L, 1);
    return n;
}

static int by_name(const void *a, const void *b)
{
    const struct world_service *x = a, *y = b;
    return strcmp(x->name, y->name);
}

// With what listen has of that name on top of the stack.
static void service_read(lua_State *L, struct world *w, const char *name)
{
    struct world_service *s = &w->services[w->service_count++];
    world_expect(L, -1, LUA_TTABLE, "what listen has under a name");
    s->name = arena_dup(&w->arena, name);
    s->port = (int)field_integer(L, "port", 0);
    lua_getfield(L, -1, "tls");
    s->tls = lua_toboolean(L, -1);
    lua_getfield(L, -2, "names");
    const char *names = lua_tostring(L, -1);
    s->names = arena_dup(&w->arena, names ? names : "127.0.0.1,localhost");
    lua_pop(L, 2);
    s->not_before_s = -3600;
    s->not_after_s = (int64_t)90 * 86400;
}

// With the file's table at 1: listen and handle, which must match.
static void services_read(lua_State *L, struct world *w)
{
    lua_getfield(L, 1, "handle");
    lua_getfield(L, 1, "listen");
    world_expect(L, 2, LUA_TTABLE, "handle");
    world_expect(L, 3, LUA_TTABLE, "listen");
    size_t count = 0;
    for (lua_pushnil(L); lua_next(L, 3); lua_pop(L, 1)) {
        world_expect(L, -2, LUA_TSTRING, "a name in listen");
        count++;
    }
    w->services = arena_alloc(&w->arena, count * sizeof *w->services);
    for (lua_pushnil(L); lua_next(L, 3); lua_pop(L, 1)) {
        const char *name = lua_tostring(L, -2);
        if (strcmp(name, "control") == 0)
            luaL_error(L, "listen.control is taken by the sandbox itself: choose another name");
        if (lua_getfield(L, 2, name) != LUA_TFUNCTION)
            luaL_error(L, "listen.%s needs a function handle.%s that answers its requests", name,
                       name);
        lua_pop(L, 1);
        service_read(L, w, name);
    }
    qsort(w->services, w->service_count, sizeof *w->services, by_name);
}

static int now_call(lua_State *L)
{
    lua_pushnumber(L, (lua_Number)clock_wall() / 1000);
    return 1;
}

static int self_new(lua_State *L)
{
    const char *const tables[] = {"faults", "urls", "ports", "certificates"};
    lua_newtable(L);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        lua_newtable(L);
        lua_setfield(L, -2, tables[i]);
    }
    lua_pushcfunction(L, now_call);
    lua_setfield(L, -2, "now");
    return luaL_ref(L, LUA_REGISTRYINDEX);
}

static int job_load(lua_State *L)
{
    struct job *job = job_of(L);
    struct world *w = job->world;
    library_open(L, job->text);
    if (luaL_loadfilex(L, job->text, "t") != LUA_OK)
        return lua_error(L);
    lua_call(L, 0, 1);
    if (!lua_istable(L, 1))
        return luaL_error(L,
                          "%s returned no table: a world file ends with `return { name = ..., "
                          "listen = ..., handle = ... }`",
                          job->text);
    lua_getfield(L, 1, "name");
    world_expect(L, 2, LUA_TSTRING, "name");
    w->name = mem_dup(lua_tostring(L, 2));
    lua_getfield(L, 1, "hint");
    w->hint = mem_dup(lua_tostring(L, 3));
    lua_settop(L, 1);
    services_read(L, w);
    lua_settop(L, 1);
    w->spec = luaL_ref(L, LUA_REGISTRYINDEX);
    w->self = self_new(L);
    return 0;
}

struct world *world_load(const char *file, struct error *err)
{
    struct world *w = mem_alloc(sizeof *w);
    w->L = luaL_newstate();
    if (w->L == NULL)
        memory_end();
    if (world_protect(w, job_load, &(struct job){.text = file}, err))
        return w;
    world_free(w);
    return NULL;
}

void world_free(struct world *w)
{
    if (w == NULL)
        return;
    lua_close(w->L);
    arena_free(&w->arena);
    free(w->name);
    free(w->hint);
    free(w);
}

const char *world_name(const struct world *w)
{
    return w->name;
}

const char *world_hint(const struct world *w)
{
    return w->hint;
}

size_t world_services(const struct world *w, const struct world_service **services)
{
    *services = w->services;
    return w->service_count;
}

static int job_certificates(lua_State *L)
{
    struct world *w = job_of(L)->world;
    world_push_spec(w);
    lua_getfield(L, 1, "listen");
    for (size_t i = 0; i < w->service_count; i++) {
        struct world_service *s = &w->services[i];
        lua_getfield(L, 2, s->name);
        if (lua_getfield(L, 3, "certificate") != LUA_TNIL) {
            world_push_self(w);
            lua_call(L, 1, 1);
            world_expect(L, -1, LUA_TTABLE, "what certificate() returns");
            s->not_before_s = field_integer(L, "not_before", s->not_before_s);
            s->not_after_s = field_integer(L, "not_after", s->not_after_s);
        }
        lua_settop(L, 2);
    }
    return 0;
}

bool world_certificates(struct world *w, struct error *err)
{
    return world_protect(w, job_certificates, &(struct job){0}, err);
}

static int job_place(lua_State *L)
{
    struct job *job = job_of(L);
    world_push_self(job->world);
    lua_getfield(L, 1, "urls");
    convert_push(L, value_get(job->in, "url"));
    lua_setfield(L, 2, job->text);
    lua_getfield(L, 1, "ports");
    lua_pushinteger(L, job->number);
    lua_setfield(L, 3, job->text);
    lua_getfield(L, 1, "certificates");
    convert_push(L, value_get(job->in, "certificate"));
    lua_setfield(L, 4, job->text);
    return 0;
}

bool world_place(struct world *w, const char *service, int port, const char *url,
                 const char *cert_pem, struct error *err)
{
    struct arena a = {0};
    struct value *in = value_object(&a);
    value_set(&a, in, "url", value_string(&a, url));
    if (cert_pem)
        value_set(&a, in, "certificate", value_string(&a, cert_pem));
    struct job job = {.text = service, .in = in, .number = port};
    bool ok = world_protect(w, job_place, &job, err);
    arena_free(&a);
    return ok;
}

// Calls the file's function of that name with `w`, for one result on top. False when it has none.
static bool spec_call(lua_State *L, const struct world *w, const char *name)
{
    world_push_spec(w);
    if (lua_getfield(L, -1, name) == LUA_TNIL)
        return false;
    world_push_self(w);
    lua_call(L, 1, 1);
    return true;
}

static int job_start(lua_State *L)
{
    struct job *job = job_of(L);
    world_push_self(job->world);
    convert_push(L, value_get(job->in, "ca"));
    lua_setfield(L, 1, "ca");
    convert_push(L, value_get(job->in, "dir"));
    lua_setfield(L, 1, "dir");
    spec_call(L, job->world, "start");
    return 0;
}

bool world_start(struct world *w, const char *ca_pem, const char *dir, struct error *err)
{
    struct arena a = {0};
    struct value *in = value_object(&a);
    value_set(&a, in, "ca", value_string(&a, ca_pem));
    value_set(&a, in, "dir", value_string(&a, dir));
    bool ok = world_protect(w, job_start, &(struct job){.in = in}, err);
    arena_free(&a);
    return ok;
}

static int job_tick(lua_State *L)
{
    struct world *w = job_of(L)->world;
    world_push_spec(w);
    if (lua_getfield(L, 1, "tick") == LUA_TNIL)
        return 0;
    world_push_self(w);
    now_call(L);
    lua_call(L, 2, 0);
    return 0;
}

bool world_tick(struct world *w, struct error *err)
{
    return world_protect(w, job_tick, &(struct job){0}, err);
}

static int job_ask(lua_State *L)
{
    struct job *job = job_of(L);
    job->out = spec_call(L, job->world, job->text) ? world_plain(L, -1, job->arena, job->text)
                                                   : value_object(job->arena);
    return 0;
}

struct value *world_snapshot(struct world *w, struct arena *a, struct error *err)
{
    struct job job = {.arena = a, .text = "snapshot"};
    return world_protect(w, job_ask, &job, err) ? job.out : NULL;
}

struct value *world_files(struct world *w, struct arena *a, struct error *err)
{
    struct job job = {.arena = a, .text = "files"};
    if (!world_protect(w, job_ask, &job, err))
        return NULL;
    for (size_t i = 0; i < value_count(job.out); i++) {
        struct value_member *m = &job.out->object.members[i];
        struct buf text = {0};
        if (m->value->type != VALUE_STRING) {
            yaml_write(&text, m->value);
            m->value = value_bytes(a, buf_text(&text), text.len);
        }
        buf_free(&text);
    }
    return job.out;
}
