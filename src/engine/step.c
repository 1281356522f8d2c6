#include "engine/step.h"

#include <lauxlib.h>
#include <string.h>

#include "base/duration.h"
#include "engine/convert.h"
#include "engine/failure.h"
#include "engine/mode.h"
#include "engine/run.h"
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

// Runs protected: (reference). Makes the fiber and leaves it to the pump.
static int start(lua_State *L)
{
    struct run *run = run_of(L);
    lua_rawgeti(L, LUA_REGISTRYINDEX, (int)lua_tointeger(L, 1));
    lua_getfield(L, LUA_REGISTRYINDEX, "runbook.run");
    run->step_fiber = fiber_start(L, 1, NULL, "");
    return 0;
}

// Runs protected: (where to put the value). Reads the fiber's result as plain data.
static int take_result(lua_State *L)
{
    struct run *run = run_of(L);
    struct value **out = lua_touserdata(L, 1);
    struct error err = {""};
    fiber_result(L, run->step_fiber);
    if (lua_isnil(L, -1))
        return 0;
    *out = convert_read(L, -1, &run->arena, &err);
    if (*out == NULL && !run->mode->rehearsal)
        return failure_raise(L, FAILURE_USAGE,
                             "what the step returns is kept, so it must be plain data: %s",
                             err.text);
    return 0;
}

static struct value *protected_failure(struct run *run)
{
    struct value *failure = failure_read(run->L, -1, &run->arena);
    lua_pop(run->L, 1);
    return failure;
}

struct value *step_call(struct run *run, int reference, int64_t timeout_ms, struct value **result)
{
    lua_State *L = run->L;
    lua_pushcfunction(L, start);
    lua_pushinteger(L, reference);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK)
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
    if (!f->failed && result) {
        lua_pushcfunction(L, take_result);
        lua_pushlightuserdata(L, (void *)result);
        if (lua_pcall(L, 1, 0, 0) != LUA_OK)
            failure = protected_failure(run);
    }
    run->step_fiber = NULL;
    fiber_free(f);
    return failure;
}

static void on_pause_over(void *arg)
{
    *(bool *)arg = true;
}

void step_pause(struct run *run, int64_t ms)
{
    bool over = false;
    struct timer *t = timer_start(run->loop, ms, on_pause_over, &over);
    while (!over && (run->undoing || !run->signal))
        loop_once(run->loop);
    if (!over)
        timer_stop(t);
}

// Asks `when`; false when the step is to be skipped. `failure` is set when asking failed.
static bool is_wanted(struct run *run, const struct step *step, struct value **failure)
{
    if (step->when == LUA_NOREF)
        return true;
    struct value *answer = NULL;
    run->scope = arena_printf(&run->arena, "when:%s", step->name);
    *failure = step_call(run, step->when, step->timeout_ms, &answer);
    bool no = answer == NULL || answer->type == VALUE_NULL ||
              (answer->type == VALUE_BOOL && !answer->boolean);
    return *failure || !no;
}

static bool worth_retrying(struct run *run, const struct value *failure)
{
    const char *kind = value_get_text(failure, "kind");
    return !run->signal && !run->in_doubt && !run->mode->rehearsal &&
           strcmp(kind, FAILURE_USAGE) != 0 && strcmp(kind, FAILURE_DENIED) != 0 &&
           strcmp(kind, FAILURE_HALTED) != 0 && strcmp(kind, FAILURE_UNKNOWN) != 0 &&
           strcmp(kind, FAILURE_STOPPED) != 0;
}

static void tell_end(struct run *run, const char *outcome, struct value *failure, int attempt,
                     int64_t started, int64_t retry_in, struct value *result)
{
    struct arena *a = &run->arena;
    struct value *data = value_object(a);
    value_set(a, data, "outcome", value_string(a, outcome));
    value_set(a, data, "error", failure ? failure : value_null(a));
    value_set(a, data, "seconds", value_float(a, (double)(clock_steady() - started) / 1000));
    value_set(a, data, "attempts", value_int(a, attempt));
    value_set(a, data, "retry_in",
              retry_in ? value_float(a, (double)retry_in / 1000) : value_null(a));
    value_set(a, data, "result", result ? result : value_null(a));
    value_set(a, data, "writes", value_int(a, run->step_writes));
    if (strcmp(outcome, "skipped") == 0)
        value_set(a, data, "reason", value_string(a, "its `when` says no"));
    run_tell(run, EVENT_STEP_ENDED, data);
}

// One attempt. Returns its failure, or NULL.
static struct value *attempt_step(struct run *run, const struct step *step, int attempt,
                                  struct value **result)
{
    struct arena *a = &run->arena;
    struct value *data = value_object(a);
    value_set(a, data, "attempt", value_int(a, attempt));
    value_set(a, data, "where", value_string(a, step->where));
    run_tell(run, EVENT_STEP_STARTED, data);
    run->scope = arena_printf(a, "step:%s#%d", step->name, attempt);
    *result = NULL;
    return step_call(run, step->action, step->timeout_ms, result);
}

// A step that the run has finished before it was interrupted is not run again: its result and its
// undo are there.
static bool restore(struct run *run, const struct step *step, const struct value *past)
{
    const char *state = value_get_text(past, "state");
    bool ok = strcmp(state, "ok") == 0;
    if (!ok && strcmp(state, "skipped") != 0)
        return false;
    struct arena *a = &run->arena;
    struct value *data = value_object(a), *result = value_get(past, "result");
    if (result && result->type != VALUE_NULL)
        value_set(a, run->results, step->name, result);
    value_set(a, data, "outcome", value_string(a, state));
    value_set(a, data, "seconds", value_int(a, 0));
    value_set(a, data, "reason", value_string(a, "done before the run was interrupted"));
    value_set(a, data, "earlier", value_bool(a, true));
    run->step = step;
    run_tell(run, EVENT_STEP_ENDED, data);
    run->step = NULL;
    run->counts.steps += ok;
    run->counts.skipped += !ok;
    return true;
}

// Which attempt comes next: an interrupted one goes on, a finished one is followed by another.
static int first_attempt(const struct value *past)
{
    const char *state = value_get_text(past, "state");
    int attempts = (int)value_get_int(past, "attempts", 0);
    bool interrupted = strcmp(state, "running") == 0 || strcmp(state, "stopped") == 0;
    return interrupted && attempts > 0 ? attempts : attempts + 1;
}

enum step_outcome step_run(struct run *run, const struct step *step, struct value **failure)
{
    const struct value *past = value_get(value_get(run->past, "steps"), step->name);
    undo_register(run, step);
    *failure = NULL;
    if (restore(run, step, past))
        return STEP_OK;
    run->step = step;
    run->step_writes = 0;
    run->step_stale = false;
    run->figures = NULL;
    int64_t started = clock_steady();
    enum step_outcome outcome = STEP_OK;
    int first = first_attempt(past), attempt = first;
    struct value *result = NULL;
    if (!is_wanted(run, step, failure)) {
        run->counts.skipped++;
        tell_end(run, "skipped", NULL, 0, started, 0, NULL);
        run->step = NULL;
        return STEP_SKIPPED;
    }
    run->counts.steps++;
    if (*failure == NULL) {
        *failure = attempt_step(run, step, attempt, &result);
        int64_t backoff = step->backoff_ms;
        for (; *failure && attempt - first + 1 < step->attempts && worth_retrying(run, *failure);
             backoff *= 2) {
            tell_end(run, "failed", *failure, attempt, started, backoff, NULL);
            step_pause(run, backoff);
            if (!run->signal)
                *failure = attempt_step(run, step, ++attempt, &result);
            else
                break;
        }
    }
    if (*failure) {
        bool stopped = strcmp(value_get_text(*failure, "kind"), FAILURE_STOPPED) == 0;
        outcome = stopped ? STEP_STOPPED : STEP_FAILED;
        run->counts.failed += !stopped;
        run->denied |= strcmp(value_get_text(*failure, "kind"), FAILURE_DENIED) == 0;
        run->incomplete |= strcmp(value_get_text(*failure, "kind"), FAILURE_UNKNOWN) == 0;
    } else if (result) {
        value_set(&run->arena, run->results, step->name, result);
    }
    tell_end(run,
             outcome == STEP_OK       ? "ok"
             : outcome == STEP_FAILED ? "failed"
                                      : "stopped",
             *failure, attempt, started, 0, result);
    run->step = NULL;
    return outcome;
}
