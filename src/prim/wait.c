// wait: time. wait.sleep and wait.now; wait.until_ stands on them, in the prelude.
#include <lauxlib.h>
#include <math.h>

#include "base/duration.h"
#include "engine/door.h"
#include "engine/failure.h"
#include "engine/run.h"
#include "net/loop.h"
#include "prim/args.h"
#include "prim/prims.h"

enum { TICK_MS = 1000, LONGEST_SECONDS = 400000000 };

struct sleep {
    struct effect *effect;
    struct timer *tick;
    int64_t until; // steady clock, ms
};

// Tells how far the wait is: its own time, or that of the longer one that it is a part of.
static void tell_progress(struct sleep *s)
{
    struct effect *e = s->effect;
    struct arena a = {0};
    int64_t now = clock_steady();
    const struct value *remaining = value_get(e->args, "remaining_ms");
    int64_t left = remaining ? remaining->integer - (now - e->started) : s->until - now;
    struct value *data = value_object(&a);
    value_set(&a, data, "label", value_string(&a, value_get_text(e->args, "for")));
    value_set(&a, data, "elapsed",
              value_float(&a, (double)(value_get_int(e->args, "elapsed_ms", 0) + now - e->started) /
                                  1000));
    value_set(&a, data, "remaining", value_float(&a, (double)(left > 0 ? left : 0) / 1000));
    struct value *figures = value_get(e->args, "figures");
    value_set(&a, data, "figures", figures ? figures : value_array(&a));
    run_tell(e->run, EVENT_PROGRESS, data);
    arena_free(&a);
}

static void sleep_tick(void *arg)
{
    struct sleep *s = arg;
    struct effect *e = s->effect;
    int64_t left = s->until - clock_steady();
    s->tick = NULL;
    if (left <= 0) {
        e->result = value_int(&e->arena, run_now(e->run));
        effect_end(e);
        return;
    }
    tell_progress(s);
    s->tick = timer_start(e->run->loop, left < TICK_MS ? left : TICK_MS, sleep_tick, s);
}

static void sleep_perform(struct effect *e)
{
    struct sleep *s = arena_alloc(&e->arena, sizeof *s);
    int64_t ms = e->deadline - clock_wall(); // less than asked for when the run was interrupted
    if (ms < 0)
        ms = 0;
    s->effect = e;
    s->until = clock_steady() + ms;
    e->work = s;
    bool longer = value_get(e->args, "remaining_ms") != NULL; // a part of something longer
    if (longer || ms >= TICK_MS)
        tell_progress(s);
    s->tick = timer_start(e->run->loop, ms < TICK_MS ? ms : TICK_MS, sleep_tick, s);
}

static void sleep_cancel(struct effect *e)
{
    struct sleep *s = e->work;
    timer_stop(s->tick);
    s->tick = NULL;
}

// What is waited for and how far it is, as an effect's answer: seconds since 1970.
static int push_seconds(lua_State *L, struct effect *e)
{
    lua_pushnumber(L, (double)(e->result ? e->result->integer : 0) / 1000);
    return 1;
}

static const struct effect_kind sleep_kind = {
    .name = "wait", .perform = sleep_perform, .cancel = sleep_cancel, .push = push_seconds};

static int64_t length_read(lua_State *L)
{
    double seconds = lua_tonumber(L, 1);
    int64_t ms;
    if (lua_type(L, 1) == LUA_TNUMBER && seconds >= 0 && seconds < LONGEST_SECONDS)
        return (int64_t)(seconds * 1000);
    if (lua_type(L, 1) == LUA_TSTRING && duration_parse(lua_tostring(L, 1), &ms))
        return ms;
    bool number = lua_type(L, 1) == LUA_TNUMBER;
    failure_raise(L, FAILURE_USAGE,
                  "wait.sleep wants a length of time such as \"30s\", \"15m\" or a number of "
                  "seconds, and not %s%s",
                  luaL_tolstring(L, 1, NULL),
                  number && !isfinite(seconds) ? ": a number that was divided by 0, maybe" : "");
}

static const struct args wait_sleep_args = {
    NULL,
    {
        {"elapsed", ARG_TIME, "how much has passed of the longer wait that this one is a part of"},
        {"remaining", ARG_TIME, "how much of that is left"},
        {"figures", ARG_LIST, "`{ { name, value, limit, ok } }`: what stands beside the progress"},
    }};

// wait.sleep("15m" [, { label = "what for", elapsed = s, remaining = s, figures = { ... } }])
// Waits, without blocking other branches; a plan passes over it. `elapsed` and `remaining` tell of
// a longer wait that this one is a part of; `figures` ({ { name, value, limit, ok } }) stand beside
// the progress. Returns the time.
static int wait_sleep(lua_State *L)
{
    lua_settop(L, 2);
    struct effect *e = effect_new(L, &sleep_kind, ACCESS_TIME);
    args_read(L, 2, e, "wait.sleep", &wait_sleep_args);
    struct arena *a = &e->arena;
    const char *label = e->summary;
    int64_t elapsed = args_ms(L, e, "elapsed", 0), remaining = args_ms(L, e, "remaining", -1);
    struct value *figures = value_get(e->args, "figures");
    e->args = value_object(a);
    int64_t ms = length_read(L);
    value_set(a, e->args, "ms", value_int(a, ms));
    value_set(a, e->args, "for", value_string(a, label ? label : "waiting"));
    value_set(a, e->args, "elapsed_ms", value_int(a, elapsed));
    if (remaining >= 0)
        value_set(a, e->args, "remaining_ms", value_int(a, remaining));
    if (figures)
        value_set(a, e->args, "figures", figures);
    char text[64];
    duration_format(ms, text, sizeof text);
    e->summary =
        label ? arena_printf(a, "wait %s: %s", text, label) : arena_printf(a, "wait %s", text);
    return door_pass(L, e);
}

static void now_perform(struct effect *e)
{
    e->result = value_int(&e->arena, run_now(e->run));
    effect_end(e);
}

static void now_cancel(struct effect *e)
{
    (void)e;
}

static const struct effect_kind now_kind = {
    .name = "time.now", .perform = now_perform, .cancel = now_cancel, .push = push_seconds};

// wait.now(): the time in seconds since 1970, as the run sees it.
static int wait_now(lua_State *L)
{
    struct effect *e = effect_new(L, &now_kind, ACCESS_TIME);
    e->args = value_object(&e->arena);
    e->summary = "read the clock";
    e->quiet = true;
    return door_pass(L, e);
}

int prim_wait(lua_State *L)
{
    static const luaL_Reg functions[] = {{"sleep", wait_sleep}, {"now", wait_now}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
