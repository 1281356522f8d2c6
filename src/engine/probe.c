#include "engine/probe.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/convert.h"
#include "engine/effect.h"
#include "engine/failure.h"
#include "engine/mode.h"
#include "engine/run.h"
#include "net/loop.h"

enum { PAUSE_MS = 2000 };

void probe_ask(struct effect *e)
{
    e->asking = true;
    e->fiber->waiting = NULL;
    fiber_ready(e->fiber);
}

static void enter(struct effect *e)
{
    struct fiber *f = e->fiber;
    const char *inner = arena_printf(&e->arena, "%s.probe", e->position);
    e->outer_position = f->position;
    e->outer_effects = f->effects;
    f->position = mem_dup(inner);
    f->effects = 0;
    f->probing = true;
}

void probe_leave(struct effect *e)
{
    struct fiber *f = e->fiber;
    timer_stop(e->probe_pause);
    e->probe_pause = NULL;
    if (e->outer_position == NULL)
        return;
    free(f->position);
    f->position = e->outer_position;
    f->effects = e->outer_effects;
    f->probing = false;
    e->outer_position = NULL;
}

// A table is the answer that it had; what is no answer says nothing.
static void take_table(lua_State *L, struct effect *e)
{
    error_local(err);
    struct value *given = convert_read(L, -1, &e->arena, &err);
    const char *why = given ? "it does not describe an answer" : error_text(&err);
    if (given && e->kind->complete)
        given = e->kind->complete(e, given);
    if (given == NULL || given->type != VALUE_OBJECT) {
        e->probe_says = arena_printf(&e->arena, "it returned a table, but %s", why);
        return;
    }
    if (e->kind->expects)
        value_set(&e->arena, given, "probed", value_bool(&e->arena, true));
    e->probe_gave = given;
    e->probed = PROBED_DONE;
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
    else if (lua_istable(L, -1))
        take_table(L, e);
    else
        e->probe_says =
            arena_printf(a, "it returned a %s, not true, false or nil", luaL_typename(L, -1));
    lua_pop(L, 1);
}

bool probe_settles(struct effect *e)
{
    const struct run *run = e->run;
    bool goes_on = e->fiber->stop == FIBER_GOES_ON && (!run->halted || run->undoing);
    if (!e->has_probe || e->probed != PROBED_NOT_YET || !goes_on)
        return false;
    e->performing = false;
    probe_ask(e);
    return true;
}

static void on_pause_over(void *arg)
{
    struct effect *e = arg;
    e->probe_pause = NULL;
    probe_ask(e);
}

// What was sent may still be on its way: only what is not done for a while is sent again. False
// when the answer is to be waited for.
static bool is_settled(struct effect *e)
{
    if (e->probed != PROBED_NOT_DONE)
        return true;
    if (e->run->halted && !e->run->undoing) {
        e->probed = PROBED_UNSURE;
        e->probe_says = "the run was halted meanwhile, and sends nothing again";
    } else if (!e->probed_twice) {
        e->probed_twice = true;
        e->probe_pause = timer_start(e->run->loop, PAUSE_MS, on_pause_over, e);
        return false;
    }
    return true;
}

// Goes on with a write that was performed by this process.
static void settle(struct effect *e)
{
    struct arena *a = &e->arena;
    if (e->probed == PROBED_UNSURE) {
        const char *doubt = arena_printf(a, "its probe could not tell: %s", e->probe_says);
        e->note = e->error ? NULL : doubt;
        e->error = e->error ? arena_printf(a, "%s; %s", e->error, doubt) : NULL;
        effect_end(e);
        return;
    }
    if (e->work && e->kind->release)
        e->kind->release(e);
    e->work = NULL;
    e->in_doubt = false;
    e->result = NULL;
    e->error = e->code = e->answer = NULL;
    if (e->probed == PROBED_DONE) {
        e->note = PROBE_DONE;
        effect_unseen(e);
        effect_end(e);
    } else {
        e->note = PROBE_NOT_DONE;
        effect_do(e);
    }
}

static int ended(lua_State *L, int status, lua_KContext slot)
{
    struct effect *e = lua_touserdata(L, (int)slot);
    probe_leave(e);
    fiber_check(L, e->fiber);
    take_answer(L, e, status != LUA_OK && status != LUA_YIELD);
    e->fiber->waiting = e;
    bool settled = is_settled(e);
    if (settled && e->left_open) {
        e->in_doubt = false; // it is the journal that knows
        e->run->mode->perform(e);
    } else if (settled) {
        settle(e);
    }
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
