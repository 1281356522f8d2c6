#include "cli/params.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/yaml.h"
#include "cli/command.h"
#include "cli/options.h"
#include "engine/convert.h"
#include "engine/failure.h"
#include "engine/mode.h"
#include "engine/run.h"
#include "engine/state.h"
#include "record/cover.h"
#include "record/history.h"
#include "record/keep.h"

enum { LARGEST_VALUES = 1024 * 1024 };

// Reads the --values file: one mapping. An empty object when there is none.
static struct value *read_values(const char *path, struct arena *a, struct error *err)
{
    if (path == NULL)
        return value_object(a);
    struct buf text = {.max = LARGEST_VALUES};
    error_local(why);
    struct value *documents = NULL;
    if (!file_read(path, &text, err)) {
        buf_free(&text);
        return NULL;
    }
    documents = yaml_parse(a, buf_text(&text), text.len, &why);
    buf_free(&text);
    if (documents == NULL) {
        error_set(err, "--values %s is not valid YAML: %s", path, error_text(&why));
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

// Of a run that goes on only secrets are read out of its file, which may be gone by now, or not be
// what it was. It goes on without; where a secret is missing then, *lost says why.
static struct value *read_kept(const char *path, struct arena *a, const char **lost)
{
    error_local(err);
    struct value *values = read_values(path, a, &err);
    if (values)
        return values;
    bool gone = access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR);
    *lost =
        gone ? "which is not there" : arena_printf(a, "which cannot be used: %s", error_text(&err));
    return value_object(a);
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

// command(list): what the program prints; nil and why not when it fails.
static int command(lua_State *L)
{
    struct run *run = run_of(L);
    error_local(err);
    const struct value *list = convert_read(L, 1, &run->arena, &err);
    const char **argv = arena_alloc(&run->arena, (value_count(list) + 1) * sizeof *argv);
    for (size_t i = 0; i < value_count(list); i++)
        argv[i] = value_text(value_at(list, i));
    lua_pushstring(L, command_output(run->loop, &run->arena, argv, &err));
    lua_pushstring(L, error_text(&err));
    return 2;
}

struct request {
    struct run *run;
    struct value *set, *values;
    const char *values_file;
    const char *values_lost; // why those of the file are not known; NULL: they are
    struct params *params;
    struct redact *secrets;
};

static struct request *request_of(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

// learn(name, secret): the values that a run began with may hold it.
static int learn(lua_State *L)
{
    size_t len;
    const char *name = luaL_checkstring(L, 1), *text = luaL_checklstring(L, 2, &len);
    redact_add(request_of(L)->secrets, name, text, len);
    return 0;
}

// covered(text): what may be shown and kept of it.
static int covered(lua_State *L)
{
    struct arena a = {0};
    const struct redact *secrets = request_of(L)->secrets;
    const char *text = luaL_checkstring(L, 1);
    struct userinfo u;
    bool found = userinfo_next(text, text + strlen(text), &u);
    if (found)
        cover_learn(request_of(L)->secrets, &u);
    lua_pushstring(L, cover_copy(&a, secrets, text));
    arena_free(&a);
    return 1;
}

// kept(name): the value that the run began with; nil and why when it is not known any more; nil,
// nil and what may be shown of a URL whose password was not kept. Older runbooks kept these as they
// were.
static int kept(lua_State *L)
{
    const struct request *r = request_of(L);
    const struct value *v = value_get(r->params->history->params, luaL_checkstring(L, 1));
    const char *why = NULL;
    const struct value *back = v ? keep_restore(&r->run->arena, r->secrets, v, &why) : NULL;
    bool withheld = v && keep_is_withheld(v);
    convert_push(L, why == keep_older ? v : back);
    lua_pushstring(L, why == keep_older || withheld ? NULL : why);
    lua_pushstring(L, withheld ? why : NULL);
    return 3;
}

static void push_sources(lua_State *L, struct request *r)
{
    lua_newtable(L);
    convert_push(L, r->set);
    lua_setfield(L, -2, "set");
    convert_push(L, r->values);
    lua_setfield(L, -2, "values");
    lua_pushstring(L, r->values_file);
    lua_setfield(L, -2, "values_file");
    lua_pushstring(L, r->values_lost);
    lua_setfield(L, -2, "values_lost");
    lua_pushcfunction(L, environment);
    lua_setfield(L, -2, "getenv");
    lua_pushcfunction(L, command);
    lua_setfield(L, -2, "command");
    lua_pushboolean(L, r->run->mode->rehearsal && r->run->options->offline);
    lua_setfield(L, -2, "offline");
    lua_pushlightuserdata(L, r);
    lua_pushcclosure(L, learn, 1);
    lua_setfield(L, -2, "learn");
    if (r->params->history) {
        lua_pushlightuserdata(L, r);
        lua_pushcclosure(L, kept, 1);
        lua_setfield(L, -2, "kept");
        lua_pushlightuserdata(L, r);
        lua_pushcclosure(L, covered, 1);
        lua_setfield(L, -2, "covered");
    }
}

// What a URL holds is a secret, though its parameter is none.
static void learn_passwords(struct request *r)
{
    for (size_t i = 0; i < value_count(r->params->texts); i++) {
        const char *at = value_text(r->params->texts->object.members[i].value),
                   *end = at + strlen(at);
        for (struct userinfo u; userinfo_next(at, end, &u); at = u.password + u.password_len) {
            cover_learn(r->secrets, &u);
            cover_learn(r->params->given, &u);
        }
    }
}

// The table of values is at `values`, the list of secret names on top: they are shown by name and
// kept nowhere.
static void set_secrets_aside(lua_State *L, int values, struct request *r)
{
    struct arena *a = &r->run->arena;
    for (lua_Integer i = 1; lua_rawgeti(L, -1, i) == LUA_TSTRING; i++) {
        const char *name = lua_tostring(L, -1);
        size_t len;
        lua_getfield(L, values, name);
        const char *text = lua_tolstring(L, -1, &len);
        redact_add(r->secrets, name, text, len);
        redact_add(r->params->given, name, text, len);
        value_set(a, r->params->shown, name, value_printf(a, "[secret %s]", name));
        value_remove(r->params->kept, name);
        lua_pop(L, 2);
    }
    lua_pop(L, 1);
}

static void show_values(lua_State *L, int values, struct request *r)
{
    struct arena *a = &r->run->arena;
    r->params->shown = value_object(a);
    r->params->texts = value_object(a);
    lua_pushnil(L);
    while (lua_next(L, values)) {
        const char *name = lua_tostring(L, -2), *text = luaL_tolstring(L, -1, NULL);
        value_set(a, r->params->shown, name, value_string(a, text));
        value_set(a, r->params->texts, name, value_string(a, text));
        lua_pop(L, 2);
    }
}

// A secret that nobody was asked for is shown as one that is assumed.
static void show_assumed(struct request *r)
{
    struct arena *a = &r->run->arena;
    for (size_t i = 0; i < value_count(r->params->assumed); i++) {
        const char *name = value_text(value_at(r->params->assumed, i));
        value_set(a, r->params->shown, name,
                  value_printf(a, "[secret %s], assumed: its command is not run", name));
    }
}

// With the run object on top: the text with its ${parameters} filled in; "" for none.
static const char *fill(lua_State *L, const char *text, struct arena *a)
{
    lua_getfield(L, -1, "fill");
    lua_pushstring(L, text ? text : "");
    lua_call(L, 1, 1);
    const char *filled = arena_dup(a, lua_tostring(L, -1));
    lua_pop(L, 1);
    return filled;
}

// Makes the object that step functions get, and asks it what the runbook works on.
static void make_run_object(lua_State *L, int values, struct request *r)
{
    struct run *run = r->run;
    state_push(L, "run");
    lua_pushvalue(L, values);
    convert_push(L, run->outline.params);
    lua_pushstring(L, run->id);
    lua_call(L, 3, 1);
    r->params->target = fill(L, run->outline.target, &run->arena);
    r->params->lease = fill(L, run->outline.lease, &run->arena);
    lua_setfield(L, LUA_REGISTRYINDEX, "runbook.run");
}

// Runs protected: (request).
static int resolve(lua_State *L)
{
    struct request *r = lua_touserdata(L, 1);
    struct arena *a = &r->run->arena;
    state_push(L, "resolve");
    convert_push(L, r->run->outline.params);
    push_sources(L, r);
    lua_call(L, 2, 4); // values problems secrets assumed
    r->params->assumed = convert_read(L, 5, a, NULL);
    lua_pop(L, 1);
    r->params->problems = convert_read(L, 3, a, NULL);
    if (value_count(r->params->problems))
        return 0;
    r->params->kept = convert_read(L, 2, a, NULL);
    show_values(L, 2, r);
    set_secrets_aside(L, 2, r);
    learn_passwords(r);
    show_assumed(r);
    make_run_object(L, 2, r);
    return 0;
}

bool params_apply(struct run *run, const struct options *options, struct redact *secrets,
                  struct params *params, struct error *err)
{
    struct arena *a = &run->arena;
    struct request r = {.run = run,
                        .set = read_set(options->set, a),
                        .values_file = options->values_file,
                        .params = params,
                        .secrets = secrets};
    r.values = params->history && options->values_kept
                   ? read_kept(options->values_file, a, &r.values_lost)
                   : read_values(options->values_file, a, err);
    params->problems = NULL;
    if (r.values == NULL)
        return false;
    lua_pushcfunction(run->L, resolve);
    lua_pushlightuserdata(run->L, &r);
    if (lua_pcall(run->L, 1, 0, 0) != LUA_OK) {
        struct value *failure = failure_read(run->L, -1, a);
        return error_set(err, "the parameters could not be read: %s",
                         value_get_text(failure, "text"));
    }
    return value_count(params->problems) == 0;
}
