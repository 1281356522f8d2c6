#include "engine/call.h"

#include <lauxlib.h>
#include <string.h>

#include "base/duration.h"
#include "engine/border.h"
#include "engine/budget.h"
#include "engine/convert.h"
#include "engine/failure.h"
#include "engine/fiber.h"
#include "engine/mode.h"
#include "engine/run.h"
#include "engine/state.h"
#include "engine/unknown.h"
#include "net/loop.h"

enum {
    HOOK_GRACE_MS = 250
}; // the timer is to stop a waiting fiber before the hook stops a busy one

static void on_timeout(void *arg)
{
    struct fiber *f = arg;
    f->run->step_timer = NULL;
    fiber_stop(f, FIBER_TIMEOUT);
}

static void push_argument(lua_State *L, const struct call_argument *argument)
{
    const struct step *step = run_of(L)->step;
    if (argument->unknown) {
        unknown_push(L, UNKNOWN_BEFORE, step->name, step->where, argument->unknown);
    } else {
        convert_push(L, argument->value);
    }
}

// Runs protected: (reference, argument). Makes the fiber and leaves it to the pump.
static int start(lua_State *L)
{
    struct run *run = run_of(L);
    const struct call_argument *argument = lua_touserdata(L, 2);
    lua_rawgeti(L, LUA_REGISTRYINDEX, (int)lua_tointeger(L, 1));
    lua_getfield(L, LUA_REGISTRYINDEX, "runbook.run");
    if (argument)
        push_argument(L, argument);
    run->step_fiber = fiber_start(L, argument ? 2 : 1, NULL, "");
    return 0;
}

// (value, where to put it). Reads the value as plain data.
static int read_plain(lua_State *L)
{
    struct value **out = lua_touserdata(L, 2);
    *out = NULL;
    error_local(err);
    const struct value *v = convert_read(L, 1, border_arena(L), &err);
    if (v == NULL)
        failure_raise_error(L, FAILURE_USAGE,
                            run_of(L)->scope.part == SCOPE_BEFORE
                                ? "what `before` returns is kept, so it must be plain data"
                                : "what the step returns is kept, so it must be plain data",
                            &err);
    if (v->type == VALUE_NULL) // the journal tells no difference between null and nothing
        return 0;
    struct arena *a = &run_of(L)->arena;
    size_t before = a->used;
    *out = value_copy(a, v);
    state_hold(L, a->used - before); // as long as the run
    return 0;
}

// Runs protected: (where to put the value). Takes the fiber's result.
static int take_result(lua_State *L)
{
    struct run *run = run_of(L);
    fiber_result(L, run->step_fiber); // 2
    if (lua_isnil(L, 2))
        return 0;
    lua_pushcfunction(L, read_plain);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, 1);
    if (lua_pcall(L, 2, 0, 0) == LUA_OK)
        return 0;
    struct arena a = {0};
    bool unknown = strcmp(value_get_text(failure_read(L, -1, &a), "kind"), FAILURE_UNKNOWN) == 0;
    arena_free(&a);
    if (!unknown || run->scope.part != SCOPE_STEP)
        return lua_error(L);
    if (!run->mode->rehearsal) { // the journal cannot keep it, so that no step gets to see it
        run->result_lost = "nobody has seen the answer that it is made of";
        return 0;
    }
    luaL_getsubtable(L, LUA_REGISTRYINDEX, CALL_UNKNOWNS);
    lua_pushvalue(L, 2);
    lua_setfield(L, -2, run->step->name);
    return 0;
}

static struct value *protected_failure(struct run *run)
{
    struct value *failure = failure_read(run->L, -1, &run->arena);
    lua_pop(run->L, 1);
    return failure;
}

// What is wrong with a good end after so many effects, or NULL; also when the failure that halted
// the run was caught and swallowed.
static struct value *finish(struct run *run, int effects)
{
    if (run->undoing)
        return NULL;
    if (!run->halted && run->mode->finished)
        run->mode->finished(run, effects);
    return run->halted_by;
}

static struct value *late(struct run *run, enum fiber_stop why)
{
    return failure_make(&run->arena,
                        (struct failure){.kind = FAILURE_TIMEOUT,
                                         .code = fiber_stop_code(why),
                                         .text = fiber_stop_text(why),
                                         .where = run->step ? run->step->where : NULL});
}

struct value *call_function(struct run *run, int reference, int64_t timeout_ms,
                            const struct call_argument *argument, struct value **result)
{
    lua_State *L = run->L;
    budget_renew(run);
    lua_pushcfunction(L, start);
    lua_pushinteger(L, reference);
    lua_pushlightuserdata(L, (void *)argument);
    if (lua_pcall(L, 2, 0, 0) != LUA_OK)
        return protected_failure(run);
    struct fiber *f = run->step_fiber;
    if (timeout_ms && !run->mode->rehearsal) {
        run->deadline = clock_steady() + timeout_ms + HOOK_GRACE_MS;
        run->step_timer = timer_start(run->loop, timeout_ms, on_timeout, f);
    }
    if (run->signal && !run->undoing)
        fiber_stop(f, FIBER_SIGNAL);
    fiber_pump(f);
    timer_stop(run->step_timer);
    run->step_timer = NULL;
    run->deadline = 0;

    struct value *failure = f->failed ? value_copy(&run->arena, f->failure) : NULL;
    if (!f->failed && (f->stop == FIBER_TIMEOUT || f->stop == FIBER_RUNAWAY))
        failure = late(run, f->stop); // its last effect was a write, or it caught its own stop
    if (!failure && result) {
        lua_pushcfunction(L, take_result);
        lua_pushlightuserdata(L, (void *)result);
        if (lua_pcall(L, 1, 0, 0) != LUA_OK)
            failure = protected_failure(run);
    }
    if (!f->failed && failure == NULL)
        failure = finish(run, f->effects);
    if (failure && run->halted && !run->undoing)
        failure = run->halted_by; // not what the step made of it
    run->step_fiber = NULL;
    fiber_free(f);
    return failure;
}
