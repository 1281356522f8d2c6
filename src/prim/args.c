#include "prim/args.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/size.h"
#include "engine/convert.h"
#include "engine/failure.h"
#include "engine/state.h"

static const double EXACT = 9007199254740992.0; // 2^53: below it a double is an exact integer

static void take_varies(lua_State *L, struct effect *e, const char *what)
{
    const struct value *paths = value_get(e->args, "varies");
    bool fits = paths == NULL || paths->type == VALUE_ARRAY;
    for (size_t i = 0; i < value_count(paths) && fits; i++)
        fits = value_at(paths, i)->type == VALUE_STRING;
    if (!fits)
        failure_raise(L, FAILURE_USAGE,
                      "%s: varies lists what only the run can know: varies = { \"json.id\" }",
                      what);
    e->varies = paths;
    value_remove(e->args, "varies");
}

// A function cannot be data: keeps `probe` with the effect, and puts the other options in place of
// all.
static void take_probe(lua_State *L, int index, struct effect *e, const char *what)
{
    int type = lua_getfield(L, index, "probe");
    if (type != LUA_TNIL && type != LUA_TFUNCTION)
        failure_raise(
            L, FAILURE_USAGE,
            "%s: probe is a function that tells whether it was done: true, false or nil, or "
            "what was answered",
            what);
    e->has_probe = type == LUA_TFUNCTION;
    lua_setiuservalue(L, e->slot, 1);
    if (!e->has_probe)
        return;
    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) == LUA_TSTRING && strcmp(lua_tostring(L, -2), "probe") == 0)
            continue;
        lua_pushvalue(L, -2); // options key value key
        lua_pushvalue(L, -2);
        lua_rawset(L, -5);
    }
    lua_replace(L, index);
}

// What is sent as a whole number is one: Lua makes floats of quotients, and servers that want an
// integer take no 2000.0. (Go, too, writes a float64 of 2000 as 2000.)
static void make_whole(struct value *v)
{
    if (v->type == VALUE_FLOAT && fabs(v->number) < EXACT && v->number == trunc(v->number)) {
        v->type = VALUE_INT;
        v->integer = (int64_t)v->number;
    }
    for (size_t i = 0; v->type == VALUE_ARRAY && i < value_count(v); i++)
        make_whole(v->array.items[i]);
    for (size_t i = 0; v->type == VALUE_OBJECT && i < value_count(v); i++)
        make_whole(v->object.members[i].value);
}

// Null is no text, no table and no number: to leave an option out and to give null are the same,
// save where anything may stand.
static void drop_nulls(struct value *args, const struct args *table)
{
    for (size_t i = value_count(args); i-- > 0;) {
        const struct value_member *m = &args->object.members[i];
        if (m->value->type == VALUE_NULL && arg_find(table, m->key)->type != ARG_ANY)
            value_remove(args, m->key);
    }
}

void args_read(lua_State *L, int index, struct effect *e, const char *what,
               const struct args *table)
{
    error_local(err);
    if (lua_isnoneornil(L, index)) {
        e->args = value_object(&e->arena);
        return;
    }
    if (!lua_istable(L, index))
        failure_raise(L, FAILURE_USAGE, "%s wants a table of options, not a %s", what,
                      lua_typename(L, lua_type(L, index)));
    index = lua_absindex(L, index);
    if (arg_find(table, "probe"))
        take_probe(L, index, e, what);
    e->args = convert_read(L, index, &e->arena, &err);
    if (e->args == NULL)
        failure_raise_error(L, FAILURE_USAGE, what, &err);
    state_hold(L, e->arena.used - e->held);
    e->held = e->arena.used;
    if (e->args->type != VALUE_OBJECT)
        failure_raise(L, FAILURE_USAGE, "%s wants named options", what);
    e->assume = value_get(e->args, "assume");
    value_remove(e->args, "assume");
    make_whole(e->args);
    arg_check(L, table, e->args, what);
    drop_nulls(e->args, table);
    take_varies(L, e, what);
    e->quiet = value_get_bool(e->args, "quiet", false);
    if (value_get(e->args, "label"))
        e->summary = args_text(L, e, "label");
    if (e->summary && strpbrk(e->summary, "\r\n"))
        failure_raise(L, FAILURE_USAGE, "%s: the label must be one line of text", what);
    value_remove(e->args, "label");
    value_remove(e->args, "quiet");
}

static int wrong(lua_State *L, const char *name, enum arg_type type)
{
    return failure_raise(L, FAILURE_USAGE, "the option '%s' must be %s", name, arg_words(type));
}

const char *args_text(lua_State *L, const struct effect *e, const char *name)
{
    const struct value *v = value_get(e->args, name);
    if (v == NULL || v->type == VALUE_NULL)
        return NULL;
    if (v->type != VALUE_STRING || strlen(v->string.text) != v->string.len)
        wrong(L, name, ARG_TEXT);
    return v->string.text;
}

int64_t args_ms(lua_State *L, const struct effect *e, const char *name, int64_t fallback)
{
    const struct value *v = value_get(e->args, name);
    int64_t ms = 0;
    if (v == NULL || v->type == VALUE_NULL)
        return fallback;
    if (v->type == VALUE_INT && v->integer >= 0 && v->integer < 400000000)
        return v->integer * 1000;
    if (v->type == VALUE_FLOAT && v->number >= 0 && v->number < 4e8)
        return (int64_t)(v->number * 1000);
    if (v->type != VALUE_STRING || !duration_parse(v->string.text, &ms))
        wrong(L, name, ARG_TIME);
    return ms;
}

int64_t args_bytes(lua_State *L, const struct effect *e, const char *name, int64_t fallback)
{
    const struct value *v = value_get(e->args, name);
    if (v == NULL || v->type == VALUE_NULL)
        return fallback;
    if (v->type == VALUE_INT && v->integer > 0)
        return v->integer;
    int64_t bytes;
    return size_parse(value_text(v), &bytes) ? bytes : wrong(L, name, ARG_SIZE);
}

int64_t args_int(lua_State *L, const struct effect *e, const char *name, int64_t fallback,
                 int64_t low, int64_t high)
{
    const struct value *v = value_get(e->args, name);
    if (v == NULL || v->type == VALUE_NULL)
        return fallback;
    if (v->type != VALUE_INT || v->integer < low || v->integer > high)
        failure_raise(L, FAILURE_USAGE, "the option '%s' must be a whole number from %lld to %lld",
                      name, (long long)low, (long long)high);
    return v->integer;
}

bool args_bool(lua_State *L, const struct effect *e, const char *name, bool fallback)
{
    const struct value *v = value_get(e->args, name);
    if (v == NULL || v->type == VALUE_NULL)
        return fallback;
    if (v->type != VALUE_BOOL)
        wrong(L, name, ARG_FLAG);
    return v->boolean;
}

void args_pem(lua_State *L, const struct effect *e, const char *name, const char **pem,
              const char **file)
{
    const char *text = args_text(L, e, name);
    *pem = *file = NULL;
    if (text == NULL)
        return;
    if (strstr(text, "-----BEGIN")) {
        *pem = text;
    } else {
        if (access(text, R_OK) != 0)
            failure_raise(L, FAILURE_USAGE,
                          "the option '%s' names the file %s, which cannot be read", name, text);
        *file = text;
    }
}
