#include "engine/probe.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/effect.h"
#include "engine/failure.h"
#include "engine/mode.h"
#include "engine/run.h"

void probe_ask(struct effect *e)
{
    e->asking = true;
    e->fiber->waiting = NULL;
    fiber_ready(e->fiber);
}

static void enter(struct effect *e)
{
    struct fiber *f = e->fiber;
    char inner[sizeof e->position + 8];
    snprintf(inner, sizeof inner, "%s.probe", e->position);
    e->outer_position = f->position;
    e->outer_effects = f->effects;
    f->position = mem_dup(inner);
    f->effects = 0;
    f->probing = true;
}

void probe_leave(struct effect *e)
{
    struct fiber *f = e->fiber;
    if (e->outer_position == NULL)
        return;
    free(f->position);
    f->position = e->outer_position;
    f->effects = e->outer_effects;
    f->probing = false;
    e->outer_position = NULL;
}

// Reads what the probe returned, or the error that it raised, off the top of the stack.
static void take_answer(lua_State *L, struct effect *e, bool failed)
{
    struct arena *a = &e->arena;
    e->probed = PROBED_UNSURE;
    if (failed)
        e->probe_says = value_get_text(failure_read(L, -1, a), "text");
    else if (lua_isboolean(L, -1))
        e->probed = lua_toboolean(L, -1) ? PROBED_DONE : PROBED_NOT_DONE;
    else if (lua_isnil(L, -1))
        e->probe_says = "it returned nil";
    else
        e->probe_says =
            arena_printf(a, "it returned a %s, not true, false or nil", luaL_typename(L, -1));
    lua_pop(L, 1);
}

static int ended(lua_State *L, int status, lua_KContext slot)
{
    struct effect *e = lua_touserdata(L, (int)slot);
    probe_leave(e);
    fiber_check(L, e->fiber);
    take_answer(L, e, status != LUA_OK && status != LUA_YIELD);
    e->fiber->waiting = e;
    e->run->mode->perform(e);
    return lua_yieldk(L, 0, slot, e->after_probe);
}

int probe_call(lua_State *L, struct effect *e, lua_KContext slot, lua_KFunction then)
{
    e->asking = false;
    e->after_probe = then;
    enter(e);
    lua_getiuservalue(L, (int)slot, 1);
    return ended(L, lua_pcallk(L, 0, 1, 0, slot, ended), slot);
}
