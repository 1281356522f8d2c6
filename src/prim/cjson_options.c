#include "prim/cjson_options.h"

#include <limits.h>

#include "engine/fiber.h"
#include "engine/run.h"

const struct cjson_settings cjson_defaults = {
    .style = {.ratio = 2, .safe = 10, .depth = 1000, .precision = CJSON_PRECISION},
    .decode_depth = 1000,
    .decode_invalid = 1,
    .keep_buffer = 1,
};

struct cjson *cjson_self(lua_State *L)
{
    struct cjson *c = lua_touserdata(L, lua_upvalueindex(1));
    uint64_t turn = run_of(L)->turns;
    if (c->shared && c->turn != turn) {
        c->now = c->at_load;
        c->turn = turn;
    }
    return c;
}

// (option, at which index) of a function that takes `most` arguments.
static struct cjson *arguments(lua_State *L, int most)
{
    luaL_argcheck(L, lua_gettop(L) <= most, most + 1, "found too many arguments");
    lua_settop(L, most);
    return cjson_self(L);
}

static void keep(lua_State *L, struct cjson *c)
{
    if (fiber_of(L) == NULL || run_of(L)->loading) // by a file, or a module that a step requires
        c->at_load = c->now;
}

// Of these three each pushes the setting, after it was changed to what stands at `index`, if it is
// not nil.
static void whole_option(lua_State *L, int index, int *setting, int least, int most)
{
    if (!lua_isnil(L, index)) {
        lua_Integer n = luaL_checkinteger(L, index);
        const char *range = lua_pushfstring(L, "expected integer between %d and %d", least, most);
        luaL_argcheck(L, least <= n && n <= most, 1, range);
        lua_pop(L, 1);
        *setting = (int)n;
    }
    lua_pushinteger(L, *setting);
}

static void choice_option(lua_State *L, int index, int *setting, const char *const *names)
{
    if (lua_isboolean(L, index))
        *setting = lua_toboolean(L, index);
    else if (!lua_isnil(L, index))
        *setting = luaL_checkoption(L, index, NULL, names);
    if (*setting <= 1)
        lua_pushboolean(L, *setting);
    else
        lua_pushstring(L, names[*setting]);
}

static void switch_option(lua_State *L, int index, int *setting)
{
    static const char *const names[] = {"off", "on", NULL};
    choice_option(L, index, setting, names);
}

static int encode_sparse_array(lua_State *L)
{
    struct cjson *c = arguments(L, 3);
    switch_option(L, 1, &c->now.style.convert);
    whole_option(L, 2, &c->now.style.ratio, 0, INT_MAX);
    whole_option(L, 3, &c->now.style.safe, 0, INT_MAX);
    keep(L, c);
    return 3;
}

static int encode_max_depth(lua_State *L)
{
    struct cjson *c = arguments(L, 1);
    whole_option(L, 1, &c->now.style.depth, 1, INT_MAX);
    keep(L, c);
    return 1;
}

static int encode_number_precision(lua_State *L)
{
    struct cjson *c = arguments(L, 1);
    whole_option(L, 1, &c->now.style.precision, 1, CJSON_PRECISION);
    keep(L, c);
    return 1;
}

static int encode_invalid_numbers(lua_State *L)
{
    static const char *const names[] = {"off", "on", "null", NULL};
    struct cjson *c = arguments(L, 1);
    choice_option(L, 1, &c->now.style.invalid, names);
    keep(L, c);
    return 1;
}

static int encode_keep_buffer(lua_State *L)
{
    struct cjson *c = arguments(L, 1);
    switch_option(L, 1, &c->now.keep_buffer);
    keep(L, c);
    return 1;
}

static int decode_max_depth(lua_State *L)
{
    struct cjson *c = arguments(L, 1);
    whole_option(L, 1, &c->now.decode_depth, 1, INT_MAX);
    keep(L, c);
    return 1;
}

static int decode_invalid_numbers(lua_State *L)
{
    struct cjson *c = arguments(L, 1);
    switch_option(L, 1, &c->now.decode_invalid);
    keep(L, c);
    return 1;
}

const luaL_Reg cjson_options[] = {
    {"encode_sparse_array", encode_sparse_array},
    {"encode_max_depth", encode_max_depth},
    {"encode_number_precision", encode_number_precision},
    {"encode_invalid_numbers", encode_invalid_numbers},
    {"encode_keep_buffer", encode_keep_buffer},
    {"decode_max_depth", decode_max_depth},
    {"decode_invalid_numbers", decode_invalid_numbers},
    {NULL, NULL},
};
