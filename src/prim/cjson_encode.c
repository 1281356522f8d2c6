#include "prim/cjson_encode.h"

#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "engine/border.h"
#include "engine/convert.h"
#include "engine/state.h"
#include "engine/unknown.h"

static const char metatable[] = "runbook.cjson.encoder";

enum { DIGITS = 32 }; // of a number, with its sign, exponent and NUL

struct key {
    const char *text; // of the table's; NULL: `digits`
    size_t len;
    bool whole;
    lua_Integer integer;
    double number;
    char digits[DIGITS];
};

// Lives on the Lua stack, so that an error frees it.
struct encoder {
    lua_State *L;
    const struct cjson_style *style;
    struct buf out;
    size_t charged;   // of `out`
    struct key *keys; // of the objects that are being written, innermost last
    size_t count, room;
};

static void value_write(struct encoder *e, int depth);

static int encoder_close(lua_State *L)
{
    struct encoder *e = lua_touserdata(L, 1);
    buf_free(&e->out);
    free(e->keys);
    e->keys = NULL;
    return 0;
}

// Raises in lua-cjson's words what the value at `index` is not.
static void refuse(const struct encoder *e, int index, const char *why)
{
    luaL_error(e->L, "Cannot serialise %s: %s", luaL_typename(e->L, index), why);
}

static void add(struct encoder *e, const char *bytes, size_t len)
{
    if (!buf_add(&e->out, bytes, len))
        border_no_room(e->L, "cjson.encode");
}

static void string_write(struct encoder *e, const char *text, size_t len)
{
    static const char named[] = "\b\t\n\f\r\"/\\", names[] = "btnfr\"/\\";
    size_t run = 0; // where the bytes begin that are not yet written
    add(e, "\"", 1);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '/' && c != '\\' && c != 0x7F)
            continue;
        char escape[8] = {'\\'};
        const char *name = c ? strchr(named, c) : NULL;
        if (name)
            escape[1] = names[name - named];
        else
            snprintf(escape, sizeof escape, "\\u%04x", c);
        add(e, text + run, i - run);
        add(e, escape, strlen(escape));
        run = i + 1;
    }
    add(e, text + run, len - run);
    add(e, "\"", 1);
}

// Writes the number at `index` into `digits`; raises where it is none of JSON's and is to fail.
static void number_format_as(const struct encoder *e, int index, char digits[DIGITS])
{
    int precision = e->style->precision;
    if (lua_isinteger(e->L, index) && precision == CJSON_PRECISION) { // as later lua-cjsons do: an
        snprintf(digits, DIGITS, LUA_INTEGER_FMT, lua_tointeger(e->L, index)); // id keeps its end
        return;
    }
    double n = lua_tonumber(e->L, index);
    if (!isfinite(n) && e->style->invalid == INVALID_FAILS)
        refuse(e, index, "must not be NaN or Inf");
    if (!isfinite(n) && e->style->invalid == INVALID_IS_NULL)
        snprintf(digits, DIGITS, "null");
    else if (isnan(n))
        snprintf(digits, DIGITS, "nan"); // never -nan
    else
        snprintf(digits, DIGITS, "%.*g", precision, n);
}

static void number_write(struct encoder *e)
{
    char digits[DIGITS];
    number_format_as(e, -1, digits);
    add(e, digits, strlen(digits));
}

// How many places the table on top has as an array; -1: it is an object.
static lua_Integer places_of(const struct encoder *e)
{
    enum { MOST_PLACES = 1 << 30 };
    lua_State *L = e->L;
    double max = 0, items = 0, ratio = e->style->ratio;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        double k = lua_type(L, -2) == LUA_TNUMBER ? lua_tonumber(L, -2) : 0;
        if (k < 1 || floor(k) != k) {
            lua_pop(L, 2);
            return -1;
        }
        max = k > max ? k : max;
        items++;
    }
    if (ratio > 0 && max > items * ratio && max > e->style->safe) {
        if (!e->style->convert)
            refuse(e, -1, "excessively sparse array");
        return -1;
    }
    if (max > MOST_PLACES)
        border_no_room(L, "cjson.encode");
    return (lua_Integer)max;
}

static void array_write(struct encoder *e, lua_Integer places, int depth)
{
    add(e, "[", 1);
    for (lua_Integer i = 1; i <= places; i++) {
        if (i > 1)
            add(e, ",", 1);
        lua_rawgeti(e->L, -1, i);
        value_write(e, depth);
        lua_pop(e->L, 1);
    }
    add(e, "]", 1);
}

// The key on top of the stack but one, below its value.
static struct key key_read(const struct encoder *e)
{
    lua_State *L = e->L;
    struct key k = {0};
    if (lua_type(L, -2) == LUA_TSTRING) {
        k.text = lua_tolstring(L, -2, &k.len);
        return k;
    }
    if (lua_type(L, -2) != LUA_TNUMBER)
        refuse(e, -2, "table key must be a number or string");
    number_format_as(e, -2, k.digits);
    k.len = strlen(k.digits);
    k.whole = lua_isinteger(L, -2);
    k.integer = k.whole ? lua_tointeger(L, -2) : 0;
    k.number = lua_tonumber(L, -2);
    return k;
}

static const char *key_text(const struct key *k)
{
    return k->text ? k->text : k->digits;
}

// By bytes; of two that are written alike the text comes last, and the lesser number first.
static int key_compare(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    size_t least = x->len < y->len ? x->len : y->len;
    int order = memcmp(key_text(x), key_text(y), least);
    if (order == 0)
        order = (x->len > y->len) - (x->len < y->len);
    if (order == 0)
        order = (x->text != NULL) - (y->text != NULL);
    return order ? order : (x->number > y->number) - (x->number < y->number);
}

static void keys_push(struct encoder *e, struct key k)
{
    enum { FIRST = 16 };
    if (e->count == e->room) {
        size_t room = e->room ? e->room * 2 : FIRST, more = room * sizeof k;
        if (state_room(e->L, more) < more)
            border_no_room(e->L, "cjson.encode");
        e->keys = mem_grow(e->keys, room * sizeof k);
        e->room = room;
        state_charge(e->L, more);
    }
    e->keys[e->count++] = k;
}

static void object_write(struct encoder *e, int depth)
{
    lua_State *L = e->L;
    const size_t first = e->count;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
        keys_push(e, key_read(e));
    const size_t end = e->count;
    if (end > first)
        qsort(e->keys + first, end - first, sizeof *e->keys, key_compare);
    add(e, "{", 1);
    for (size_t i = first; i < end; i++) {
        const struct key *k = &e->keys[i]; // until the value is written, which may move it
        if (i > first)
            add(e, ",", 1);
        string_write(e, key_text(k), k->len);
        add(e, ":", 1);
        if (k->text)
            lua_pushlstring(L, k->text, k->len);
        else if (k->whole)
            lua_pushinteger(L, k->integer);
        else
            lua_pushnumber(L, k->number);
        lua_rawget(L, -2);
        value_write(e, depth);
        lua_pop(L, 1);
    }
    add(e, "}", 1);
    e->count = first;
}

static bool is_marked(lua_State *L)
{
    if (!lua_getmetatable(L, -1))
        return false;
    luaL_getmetatable(L, CONVERT_ARRAY);
    bool marked = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return marked;
}

static void table_write(struct encoder *e, int depth)
{
    int most = e->style->depth < CJSON_DEEPEST ? e->style->depth : CJSON_DEEPEST;
    if (depth > most || !lua_checkstack(e->L, 4))
        luaL_error(e->L, "Cannot serialise, excessive nesting (%d)", depth);
    lua_Integer places = places_of(e);
    if (places > 0 || (places == 0 && is_marked(e->L))) // [] as json.decode made it
        array_write(e, places, depth);
    else
        object_write(e, depth);
}

// Writes the value on top of the stack; `depth` tables are around it.
static void value_write(struct encoder *e, int depth)
{
    enum { CHARGE_EVERY = 16 * 1024 };
    lua_State *L = e->L;
    size_t len;
    if (e->out.len - e->charged > CHARGE_EVERY) {
        state_charge(L, e->out.len - e->charged);
        e->charged = e->out.len;
    }
    switch (lua_type(L, -1)) {
    case LUA_TSTRING: {
        const char *text = lua_tolstring(L, -1, &len);
        string_write(e, text, len);
        return;
    }
    case LUA_TNUMBER:
        number_write(e);
        return;
    case LUA_TBOOLEAN:
        add(e, lua_toboolean(L, -1) ? "true" : "false", lua_toboolean(L, -1) ? 4 : 5);
        return;
    case LUA_TTABLE:
        table_write(e, depth + 1);
        return;
    case LUA_TNIL:
        add(e, "null", 4);
        return;
    default:
        if (unknown_is(L, -1))
            unknown_raise(L, -1); // names the line and what to declare
        if (!convert_is_null(L, -1))
            refuse(e, -1, "type not supported");
        add(e, "null", 4);
    }
}

int cjson_encode(lua_State *L, int index, const struct cjson_style *style)
{
    enum { LITTLE = 1024 * 1024, COPIES = 3 }; // itself while it grows, and Lua's
    index = lua_absindex(L, index);
    struct encoder *e = lua_newuserdatauv(L, sizeof *e, 0);
    *e = (struct encoder){.L = L, .style = style};
    if (luaL_newmetatable(L, metatable)) {
        lua_pushcfunction(L, encoder_close);
        lua_setfield(L, -2, "__gc");
        lua_pushcfunction(L, encoder_close);
        lua_setfield(L, -2, "__close");
    }
    lua_setmetatable(L, -2);
    lua_toclose(L, -1);
    e->out.max = state_room(L, LITTLE) / COPIES + 1;
    lua_pushvalue(L, index);
    value_write(e, 0);
    state_charge(L, e->out.len - e->charged);
    lua_pushlstring(L, buf_text(&e->out), e->out.len);
    return 1;
}
