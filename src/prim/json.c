// json: text and plain data. Whole numbers stay exact, [] and {} stay apart, null is json.null.
#include "base/json.h"

#include <lauxlib.h>

#include "engine/border.h"
#include "engine/convert.h"
#include "engine/failure.h"
#include "prim/prims.h"
#include "prim/pure.h"

// json.null: what null is in decoded data, and what becomes null when it is encoded.

// json.decode(text): the value that the text holds. Raises an effect failure with line and column
// when it is not JSON.
static int json_decode(lua_State *L)
{
    size_t len;
    error_local(err);
    const char *text = pure_text(L, 1, "json.decode", &len);
    struct arena *a = border_arena_of(L, len);
    struct value *v = json_parse(a, text, len, &err);
    if (v == NULL)
        return pure_refused(L, "json.decode", "the text is not JSON", a, &err);
    return pure_push_value(L, a, v);
}

static int encode(lua_State *L, const char *what, enum json_style style)
{
    struct arena *a;
    struct value *v = pure_value(L, 1, what, &a);
    struct buf text = pure_buf(L);
    bool whole = json_write(&text, v, style);
    return pure_push(L, what, a, &text, whole);
}

// json.encode(value): its canonical text: sorted keys, no white space, so that equal values give
// equal text. nil is null. Raises a usage failure that names the place of what is not plain data.
static int json_encode(lua_State *L)
{
    return encode(L, "json.encode", JSON_CANONICAL);
}

// json.pretty(value): the same for people, indented by two spaces.
static int json_pretty(lua_State *L)
{
    return encode(L, "json.pretty", JSON_PRETTY);
}

// json.array(t): marks the table as an array, so that an empty one becomes []; json.array() makes
// an empty one. Returns the table.
static int json_array(lua_State *L)
{
    if (lua_isnoneornil(L, 1)) {
        lua_settop(L, 0);
        lua_newtable(L);
    }
    if (!lua_istable(L, 1))
        return failure_raise(L, FAILURE_USAGE, "json.array wants a table, not a %s",
                             luaL_typename(L, 1));
    lua_settop(L, 1);
    luaL_setmetatable(L, CONVERT_ARRAY);
    return 1;
}

// json.is_array(v): true when v would be written as [...]: a marked table, or a list that is not
// empty.
static int json_is_array(lua_State *L)
{
    bool is_array = false;
    if (lua_istable(L, 1)) {
        const struct value *v = convert_read(L, 1, border_arena(L), NULL);
        is_array = v && v->type == VALUE_ARRAY;
    }
    lua_pushboolean(L, is_array);
    return 1;
}

int prim_json(lua_State *L)
{
    static const luaL_Reg functions[] = {{"decode", json_decode},     {"encode", json_encode},
                                         {"pretty", json_pretty},     {"array", json_array},
                                         {"is_array", json_is_array}, {NULL, NULL}};
    luaL_newlib(L, functions);
    convert_push_null(L);
    lua_setfield(L, -2, "null");
    return 1;
}
