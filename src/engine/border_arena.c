#include <lauxlib.h>

#include "engine/border.h"
#include "engine/failure.h"
#include "engine/run.h"
#include "engine/state.h"

struct held {
    struct arena arena; // first: its address is that of the whole
    size_t bytes;       // that count as the script's
};

static int arena_close(lua_State *L)
{
    struct held *h = lua_touserdata(L, 1);
    state_release(L, h->bytes);
    h->bytes = 0;
    arena_free(&h->arena);
    return 0;
}

struct arena *border_arena(lua_State *L)
{
    struct held *h = lua_newuserdatauv(L, sizeof *h, 0);
    *h = (struct held){0};
    if (luaL_newmetatable(L, "runbook.arena")) {
        lua_pushcfunction(L, arena_close);
        lua_setfield(L, -2, "__gc");
        lua_pushcfunction(L, arena_close);
        lua_setfield(L, -2, "__close");
    }
    lua_setmetatable(L, -2);
    lua_toclose(L, -1);
    return &h->arena;
}

// Of two bytes, "1,", a value and its place in an array are made.
struct arena *border_arena_of(lua_State *L, size_t len)
{
    enum { MOST_OF_A_BYTE = 32 };
    struct arena *a = border_arena(L);
    state_charge(L, len);
    size_t room = state_room(L, len * MOST_OF_A_BYTE);
    a->max = room ? room : 1; // 0 would be no bound
    return a;
}

void border_hold(lua_State *L, struct arena *a, size_t more)
{
    struct held *h = (struct held *)a;
    state_hold(L, a->used + more - h->bytes);
    h->bytes = a->used + more;
}

int border_no_room(lua_State *L, const char *what)
{
    const struct run *run = run_of(L);
    lua_pushfstring(L,
                    "%s: what it makes takes more memory than is left of the %d MB that the "
                    "runbook may use; take less at once, or allow more with --max-memory",
                    what, (int)(run->lua_max >> 20));
    failure_raise_as(
        L,
        (struct failure){.kind = FAILURE_ERROR, .code = CODE_MEMORY, .text = lua_tostring(L, -1)});
}
