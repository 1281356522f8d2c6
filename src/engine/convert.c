#include "engine/convert.h"

#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "engine/state.h"
#include "engine/unknown.h"

// Where the reader stands: one frame a table that is being read, innermost first.
struct frame {
    const struct frame *up;
    const void *table; // its identity, to find cycles
    const char *key;   // of the member being read; NULL: `item` is its place in an array
    lua_Integer item;
    int depth;
};

struct reader {
    lua_State *L;
    struct arena *arena;
    struct error *err;
    size_t values, bytes; // so far
    size_t start, room;   // what the arena held before, and how much more it may hold
};

static struct value *value_read(struct reader *r, int index, const struct frame *up);

void convert_push_null(lua_State *L)
{
    lua_pushlightuserdata(L, NULL);
}

// Of what is no userdata at all lua_touserdata says NULL as well.
bool convert_is_null(lua_State *L, int index)
{
    return lua_islightuserdata(L, index) && lua_touserdata(L, index) == NULL;
}

static int null_tostring(lua_State *L)
{
    lua_pushstring(L, convert_is_null(L, 1) ? "null" : "userdata");
    return 1;
}

void convert_open(lua_State *L)
{
    luaL_newmetatable(L, CONVERT_ARRAY);
    lua_pushstring(L, "array");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);

    convert_push_null(L);
    lua_createtable(L, 0, 2); // shared by all light userdata
    lua_pushcfunction(L, null_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}

static void array_push(lua_State *L, const struct value *v)
{
    lua_createtable(L, (int)v->array.count, 0);
    for (size_t i = 0; i < v->array.count; i++) {
        convert_push(L, v->array.items[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    luaL_setmetatable(L, CONVERT_ARRAY);
}

static void object_push(lua_State *L, const struct value *v)
{
    lua_createtable(L, 0, (int)v->object.count);
    for (size_t i = 0; i < v->object.count; i++) {
        const struct value_member *m = &v->object.members[i];
        lua_pushlstring(L, m->key, m->key_len);
        convert_push(L, m->value);
        lua_rawset(L, -3);
    }
}

void convert_push(lua_State *L, const struct value *v)
{
    luaL_checkstack(L, 4, "nested too deep");
    if (v == NULL) {
        lua_pushnil(L);
        return;
    }
    switch (v->type) {
    case VALUE_NULL:
        convert_push_null(L);
        break;
    case VALUE_BOOL:
        lua_pushboolean(L, v->boolean);
        break;
    case VALUE_INT:
        lua_pushinteger(L, (lua_Integer)v->integer);
        break;
    case VALUE_FLOAT:
        lua_pushnumber(L, v->number);
        break;
    case VALUE_STRING:
        lua_pushlstring(L, v->string.text, v->string.len);
        break;
    case VALUE_ARRAY:
        array_push(L, v);
        break;
    case VALUE_OBJECT:
        object_push(L, v);
        break;
    }
}

static void path_write(struct buf *out, const struct frame *at)
{
    if (at->up)
        path_write(out, at->up);
    if (at->key)
        buf_printf(out, out->len ? ".%s" : "%s", at->key);
    else
        buf_printf(out, "[%lld]", (long long)at->item);
}

// Refuses what stands at the place `at` (NULL: the value as a whole).
static struct value *refuse(struct reader *r, const struct frame *at, const char *why)
{
    struct buf path = {.max = 300};
    if (at)
        path_write(&path, at);
    error_set(r->err, "%s %s", path.len ? buf_text(&path) : "the value", why);
    buf_free(&path);
    return NULL;
}

static int member_compare(const void *a, const void *b)
{
    const struct value_member *x = a, *y = b;
    size_t least = x->key_len < y->key_len ? x->key_len : y->key_len;
    int order = memcmp(x->key, y->key, least);
    return order ? order : (x->key_len > y->key_len) - (x->key_len < y->key_len);
}

static struct value *array_read(struct reader *r, int table, struct frame *here, lua_Integer count)
{
    struct value *array = value_array(r->arena);
    here->key = NULL;
    for (here->item = 1; here->item <= count; here->item++) {
        if (lua_rawgeti(r->L, table, here->item) == LUA_TNIL)
            return refuse(r, here, "is missing from a list");
        struct value *v = value_read(r, lua_gettop(r->L), here);
        if (v == NULL)
            return NULL;
        value_push(r->arena, array, v);
        lua_pop(r->L, 1);
    }
    return array;
}

static struct value *object_read(struct reader *r, int table, struct frame *here)
{
    struct value *object = value_object(r->arena);
    lua_pushnil(r->L);
    while (lua_next(r->L, table)) {
        size_t len;
        here->key = lua_tolstring(r->L, -2, &len); // a string: its caller counted the keys
        struct value *v = value_read(r, lua_gettop(r->L), here);
        if (v == NULL)
            return NULL;
        r->bytes += len;
        value_append(r->arena, object, here->key, len, v);
        lua_pop(r->L, 1);
    }
    if (object->object.count)
        qsort(object->object.members, object->object.count, sizeof(struct value_member),
              member_compare);
    return object;
}

static struct value *table_read(struct reader *r, int table, const struct frame *up)
{
    lua_State *L = r->L;
    struct frame here = {.up = up, .table = lua_topointer(L, table), .depth = 1};
    if (up)
        here.depth = up->depth + 1;
    if (here.depth > CONVERT_MAX_DEPTH)
        return refuse(r, up, "is nested too deep");
    for (const struct frame *f = up; f; f = f->up)
        if (f->table == here.table)
            return refuse(r, up, "contains itself");

    lua_Integer keys = 0, strings = 0;
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
        keys++;
        int type = lua_type(L, -2);
        if (type == LUA_TSTRING)
            strings++;
        else if (type != LUA_TNUMBER)
            return refuse(r, up, "has a key that is neither text nor a number");
    }
    bool marked = false;
    if (lua_getmetatable(L, table)) {
        luaL_getmetatable(L, CONVERT_ARRAY);
        marked = lua_rawequal(L, -1, -2);
        lua_pop(L, 2);
    }
    if (strings == keys && !marked)
        return object_read(r, table, &here);
    if (strings)
        return refuse(r, up, "mixes a list with named members");
    return array_read(r, table, &here, keys);
}

static struct value *number_read(struct reader *r, int index, const struct frame *up)
{
    if (lua_isinteger(r->L, index))
        return value_int(r->arena, lua_tointeger(r->L, index));
    double n = lua_tonumber(r->L, index);
    return isfinite(n) ? value_float(r->arena, n) : refuse(r, up, "is NaN or infinite");
}

// What is read counts as the script's memory. Only once it seems to be too much is it worth while
// to collect garbage.
static bool is_within(struct reader *r, size_t len)
{
    size_t used = r->arena->used - r->start + len;
    if (used > r->room)
        r->room = state_room(r->L, used);
    return used <= r->room;
}

// Asks for each large text, and now and then.
static bool has_room(struct reader *r, size_t len)
{
    enum { LARGE = 256 * 1024, COPIES = 4, EVERY = 16 * 1024, ROOM = 8 * 1024 * 1024 };
    return is_within(r, len) && (len < LARGE || memory_has_room(COPIES * len)) &&
           (r->values % EVERY || memory_has_room(ROOM));
}

// `index` is absolute. On success leaves the stack as it was.
static struct value *value_read(struct reader *r, int index, const struct frame *up)
{
    lua_State *L = r->L;
    luaL_checkstack(L, 4, "nested too deep");
    size_t len = 0;
    const char *text = lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, &len) : NULL;
    r->bytes += len;
    if (++r->values > CONVERT_MAX_VALUES || r->bytes > CONVERT_MAX_BYTES)
        return refuse(r, NULL, "is too large");
    if (!has_room(r, len))
        return refuse(r, NULL, "is too large for the memory that is left");
    switch (lua_type(L, index)) {
    case LUA_TNIL:
        return value_null(r->arena);
    case LUA_TBOOLEAN:
        return value_bool(r->arena, lua_toboolean(L, index));
    case LUA_TNUMBER:
        return number_read(r, index, up);
    case LUA_TSTRING:
        return value_bytes(r->arena, text, len);
    case LUA_TTABLE:
        return table_read(r, index, up);
    case LUA_TLIGHTUSERDATA:
        if (convert_is_null(L, index))
            return value_null(r->arena);
        return refuse(r, up, "is a userdata, not plain data");
    case LUA_TUSERDATA:
        if (unknown_is(L, index))
            unknown_raise(L, index); // names the line and what to declare
        return refuse(r, up, "is a userdata, not plain data");
    default: {
        char why[64];
        snprintf(why, sizeof why, "is a %s, not plain data", luaL_typename(L, index));
        return refuse(r, up, why);
    }
    }
}

struct value *convert_read(lua_State *L, int index, struct arena *a, struct error *err)
{
    struct reader r = {.L = L, .arena = a, .err = err, .start = a->used};
    int top = lua_gettop(L);
    r.room = state_room(L, 0);
    struct value *v = value_read(&r, lua_absindex(L, index), NULL);
    lua_settop(L, top);
    state_charge(L, a->used - r.start);
    return v;
}
