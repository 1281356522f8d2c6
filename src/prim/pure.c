#include "prim/pure.h"

#include <lauxlib.h>

#include "base/memory.h"
#include "engine/border.h"
#include "engine/convert.h"
#include "engine/failure.h"
#include "engine/state.h"
#include "engine/unknown.h"

enum { LARGE = 256 * 1024, COPIES = 4 };

static void refuse_unknown(lua_State *L, int index)
{
    if (unknown_is(L, index))
        luaL_tolstring(L, index, NULL); // looking into it raises its own failure
}

const char *pure_text(lua_State *L, int index, const char *what, size_t *len)
{
    refuse_unknown(L, index);
    if (lua_isnoneornil(L, index))
        failure_raise(L, FAILURE_USAGE, "%s wants text and got none", what);
    if (lua_type(L, index) != LUA_TSTRING)
        failure_raise(L, FAILURE_USAGE, "%s wants text, not a %s", what, luaL_typename(L, index));
    const char *text = lua_tolstring(L, index, len);
    state_charge(L, *len);
    if (*len > LARGE && !memory_has_room(COPIES * *len))
        border_no_room(L, what);
    return text;
}

struct value *pure_value(lua_State *L, int index, const char *what, struct arena **a)
{
    error_local(err);
    refuse_unknown(L, index);
    if (lua_isnone(L, index))
        failure_raise(L, FAILURE_USAGE, "%s wants a value", what);
    *a = border_arena(L);
    struct value *v = convert_read(L, index, *a, &err);
    if (v == NULL)
        failure_raise_error(L, FAILURE_USAGE, what, &err);
    border_hold(L, *a, 0);
    return v;
}

struct buf pure_buf(lua_State *L)
{
    enum { LITTLE = 1024 * 1024, COPIES_AT_ONCE = 3 }; // itself while it grows, and the arena's
    size_t room = state_room(L, LITTLE) / COPIES_AT_ONCE;
    return (struct buf){.max = room ? room : 1};
}

int pure_push(lua_State *L, const char *what, struct arena *a, struct buf *text, bool whole)
{
    size_t len = text->len;
    const char *copy = whole ? arena_copy(a, buf_text(text), len) : NULL; // pushing may raise
    buf_free(text);
    if (!whole)
        border_no_room(L, what);
    state_charge(L, len);
    lua_pushlstring(L, copy, len);
    return 1;
}

int pure_push_value(lua_State *L, struct arena *a, const struct value *v)
{
    border_hold(L, a, 0);
    convert_push(L, v);
    return 1;
}

void pure_room(lua_State *L, const char *what, size_t bytes)
{
    if (state_room(L, bytes) < bytes)
        border_no_room(L, what);
}

int pure_refused(lua_State *L, const char *what, const char *wrong, const struct arena *a,
                 struct error *err)
{
    if (!a->full)
        failure_raise_error(L, FAILURE_EFFECT, wrong, err);
    error_free(err);
    border_no_room(L, what);
}
