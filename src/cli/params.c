#include "cli/params.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/yaml.h"
#include "cli/options.h"
#include "engine/convert.h"
#include "engine/failure.h"
#include "engine/run.h"
#include "engine/state.h"
#include "record/redact.h"

enum { LARGEST_VALUES = 1024 * 1024 };

// Reads the --values file: one mapping. An empty object when there is none.
static struct value *read_values(const char *path, struct arena *a, struct error *err)
{
    if (path == NULL)
        return value_object(a);
    struct buf text = {.max = LARGEST_VALUES};
    struct error why;
    struct value *documents = NULL;
    if (!file_read(path, &text, err)) {
        buf_free(&text);
        return NULL;
    }
    documents = yaml_parse(a, buf_text(&text), text.len, &why);
    buf_free(&text);
    if (documents == NULL) {
        error_set(err, "--values %s is not valid YAML: %s", path, why.text);
        return NULL;
    }
    struct value *values = value_at(documents, 0);
    if (values == NULL || values->type == VALUE_NULL)
        return value_object(a);
    if (values->type != VALUE_OBJECT || value_count(documents) != 1) {
        error_set(err, "--values %s must be one mapping of parameter names to values", path);
        return NULL;
    }
    return values;
}

static struct value *read_set(const char *const *set, struct arena *a)
{
    struct value *values = value_object(a);
    for (; set && *set; set++) {
        const char *equals = strchr(*set, '=');
        char *name = arena_copy(a, *set, (size_t)(equals - *set));
        value_set(a, values, name, value_string(a, equals + 1));
    }
    return values;
}

static int environment(lua_State *L)
{
    lua_pushstring(L, getenv(luaL_checkstring(L, 1)));
    return 1;
}

struct request {
    struct run *run;
    struct value *set, *values;
    const char *values_file;
    struct value *problems, *shown; // answers
    struct redact *secrets;
};

static void push_sources(lua_State *L, const struct request *r)
{
    lua_newtable(L);
    convert_push(L, r->set);
    lua_setfield(L, -2, "set");
    convert_push(L, r->values);
    lua_setfield(L, -2, "values");
    lua_pushstring(L, r->values_file);
    lua_setfield(L, -2, "values_file");
    lua_pushcfunction(L, environment);
    lua_setfield(L, -2, "getenv");
}

// The table of values is at `values`, the list of secret names on top.
static void note_secrets(lua_State *L, int values, struct request *r)
{
    for (lua_Integer i = 1; lua_rawgeti(L, -1, i) == LUA_TSTRING; i++) {
        const char *name = lua_tostring(L, -1);
        size_t len;
        lua_getfield(L, values, name);
        const char *text = lua_tolstring(L, -1, &len);
        redact_add(r->secrets, name, text, len);
        value_set(&r->run->arena, r->shown, name,
                  value_printf(&r->run->arena, "[secret %s]", name));
        lua_pop(L, 2);
    }
    lua_pop(L, 1);
}

// Runs protected: (request).
static int resolve(lua_State *L)
{
    struct request *r = lua_touserdata(L, 1);
    struct run *run = r->run;
    struct arena *a = &run->arena;
    state_push(L, "resolve");
    convert_push(L, run->outline.params);
    push_sources(L, r);
    lua_call(L, 2, 3); // values problems secrets
    r->problems = convert_read(L, 3, a, NULL);
    r->shown = value_object(a);
    lua_pushnil(L);
    while (lua_next(L, 2)) {
        const char *name = lua_tostring(L, -2);
        value_set(a, r->shown, name, value_string(a, luaL_tolstring(L, -1, NULL)));
        lua_pop(L, 2);
    }
    note_secrets(L, 2, r);
    state_push(L, "run");
    lua_pushvalue(L, 2);
    convert_push(L, run->outline.params);
    lua_pushstring(L, run->id);
    lua_call(L, 3, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, "runbook.run");
    return 0;
}

struct value *params_apply(struct run *run, const struct options *options, struct redact *secrets,
                           struct value **problems, struct error *err)
{
    struct arena *a = &run->arena;
    struct request r = {.run = run,
                        .set = read_set(options->set, a),
                        .values = read_values(options->values_file, a, err),
                        .values_file = options->values_file,
                        .secrets = secrets};
    *problems = NULL;
    if (r.values == NULL)
        return NULL;
    lua_pushcfunction(run->L, resolve);
    lua_pushlightuserdata(run->L, &r);
    if (lua_pcall(run->L, 1, 0, 0) != LUA_OK) {
        struct value *failure = failure_read(run->L, -1, a);
        error_set(err, "the parameters could not be read: %s", value_get_text(failure, "text"));
        return NULL;
    }
    if (value_count(r.problems) == 0)
        return r.shown;
    *problems = r.problems;
    return NULL;
}
