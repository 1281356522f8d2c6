#include "prim/arg.h"

#include <assert.h>
#include <lauxlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/likely.h"
#include "engine/failure.h"

const struct args every_args = {
    NULL,
    {
        {"label", ARG_TEXT, "the line that people see instead of the usual one"},
        {"assume", ARG_ANY,
         "the answer that a plan goes on with, of a write that it does not make"},
        {"varies", ARG_LIST,
         "of a write: what of its arguments only the run can know, as `{ \"json.id\", "
         "\"headers.X-Mark\" }`; whoever approves the plan approves whatever will stand there"},
        {"quiet", ARG_FLAG, "true: not worth a line of its own unless it fails"},
    }};

static const struct {
    const char *is;  // to people
    const char *lua; // to words.fields
} types[] = {
    [ARG_ANY] = {"anything", "any"},
    [ARG_TEXT] = {"text", "string"},
    [ARG_BLOB] = {"text", "string"},
    [ARG_FLAG] = {"true or false", "boolean"},
    [ARG_TIME] = {"a length of time such as \"30s\", \"15m\" or a number of seconds",
                  "string|number"},
    [ARG_SIZE] = {"a number of bytes such as 65536 or \"10MB\"", "string|number"},
    [ARG_WHOLE] = {"a whole number", "number"},
    [ARG_MOMENT] = {"seconds since 1970, as wait.now() gives them", "number"},
    [ARG_TABLE] = {"a table of named fields", "table"},
    [ARG_LIST] = {"a list", "table"},
    [ARG_FUNCTION] = {"a function", "function"},
};

const char *arg_words(enum arg_type type)
{
    return types[type].is;
}

// The first row at or behind `at`, across tables; NULL behind the last. Begins with {table, 0}.
struct place {
    const struct args *table;
    size_t row;
};

static const struct arg *next_row(struct place *at)
{
    while (at->table && (at->row == ARGS || at->table->rows[at->row].name == NULL))
        *at = (struct place){at->table->more, 0};
    return at->table ? &at->table->rows[at->row++] : NULL;
}

const struct arg *arg_find(const struct args *table, const char *name)
{
    struct place at = {table, 0};
    const struct arg *row = next_row(&at);
    while (row && strcmp(row->name, name) != 0)
        row = next_row(&at);
    return row || table == &every_args ? row : arg_find(&every_args, name);
}

// The next row that authors are told of.
static const struct arg *next_told(struct place *at)
{
    const struct arg *row = next_row(at);
    while (row && row->help == NULL)
        row = next_row(at);
    return row;
}

static void try_all(struct likely *likely, struct buf *list, const struct args *table)
{
    struct place at = {table, 0};
    for (const struct arg *row; (row = next_told(&at)) != NULL;) {
        likely_try(likely, row->name, strlen(row->name));
        buf_printf(list, "%s%s", list->len ? ", " : "", row->name);
    }
}

static void raise_unknown(lua_State *L, const struct args *table, const char *name,
                          const char *what)
{
    struct likely likely = {.word = name};
    struct buf list = {0};
    try_all(&likely, &list, table);
    try_all(&likely, &list, &every_args);
    if (likely.best)
        lua_pushfstring(L, " (did you mean '%s'?)", likely.best);
    else
        lua_pushliteral(L, "");
    lua_pushstring(L, buf_text(&list));
    buf_free(&list);
    failure_raise(L, FAILURE_USAGE, "%s has no option '%s'%s; it takes %s", what, name,
                  lua_tostring(L, -2), lua_tostring(L, -1));
}

static bool fits(const struct value *v, enum arg_type type)
{
    switch (type) {
    case ARG_ANY:
    case ARG_FUNCTION: // a table has none by now
        return true;
    case ARG_TEXT:
        return v->type == VALUE_STRING && strlen(v->string.text) == v->string.len;
    case ARG_BLOB:
        return v->type == VALUE_STRING;
    case ARG_FLAG:
        return v->type == VALUE_BOOL;
    case ARG_TIME:
    case ARG_SIZE: // what the text has to be is for args_ms and args_bytes
        return v->type == VALUE_STRING || v->type == VALUE_INT || v->type == VALUE_FLOAT;
    case ARG_WHOLE:
        return v->type == VALUE_INT;
    case ARG_MOMENT:
        return v->type == VALUE_INT || v->type == VALUE_FLOAT;
    case ARG_TABLE: // {} may be either
        return v->type == VALUE_OBJECT || (v->type == VALUE_ARRAY && value_count(v) == 0);
    case ARG_LIST:
        return v->type == VALUE_ARRAY || (v->type == VALUE_OBJECT && value_count(v) == 0);
    }
    assert(false);
    return false;
}

void arg_check(lua_State *L, const struct args *table, const struct value *given, const char *what)
{
    for (size_t i = 0; i < value_count(given); i++) {
        const struct value_member *m = &given->object.members[i];
        const struct arg *row = arg_find(table, m->key);
        if (row == NULL)
            raise_unknown(L, table, m->key, what);
        else if (m->value->type != VALUE_NULL && !fits(m->value, row->type))
            failure_raise(L, FAILURE_USAGE, "%s: the option '%s' must be %s", what, m->key,
                          arg_words(row->type));
    }
}

static void push_rows(lua_State *L, const struct args *table)
{
    struct place at = {table, 0};
    for (const struct arg *row; (row = next_told(&at)) != NULL;) {
        lua_pushstring(L, types[row->type].lua);
        lua_setfield(L, -2, row->name);
    }
}

void arg_push(lua_State *L, const struct args *table)
{
    lua_newtable(L);
    push_rows(L, table);
    push_rows(L, &every_args);
}
