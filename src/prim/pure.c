#include "prim/pure.h"

#include <lauxlib.h>

#include "base/memory.h"
#include "engine/border.h"
#include "engine/convert.h"
#include "engine/failure.h"
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
    if (*len > LARGE && !memory_has_room(COPIES * *len))
        luaL_error(L, "not enough memory for what %s makes of %I bytes", what, (lua_Integer)*len);
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
    return v;
}

int pure_push(lua_State *L, struct arena *a, struct buf *text)
{
    size_t len = text->len;
    const char *copy = arena_copy(a, buf_text(text), len); // pushing may raise a memory error
    buf_free(text);
    lua_pushlstring(L, copy, len);
    return 1;
}
