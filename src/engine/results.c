#include "engine/results.h"

#include <lauxlib.h>

#include "engine/call.h"
#include "engine/convert.h"
#include "engine/failure.h"
#include "engine/mode.h"
#include "engine/run.h"

// Raises that a result is not known; in a plan, that it is not known yet.
static int result_missing(lua_State *L, const char *name, const char *state, const char *why)
{
    return failure_raise(L, run_of(L)->mode->rehearsal ? FAILURE_UNKNOWN : FAILURE_USAGE,
                         "what the step \"%s\" returned is not known, for it %s: %s. "
                         "`run.has(\"%s\")` asks; what an undo needs, `before` keeps",
                         name, state, why ? why : "nothing is on record", name);
}

// Pushes what the step returned, afresh each time; nil when it has not run, was skipped, or
// returned nothing. Returns why there is nothing that could be read, NULL when there is.
static const char *result_push(lua_State *L, const char *name, const char **state)
{
    struct run *run = run_of(L);
    const struct undo_entry *entry = undo_entry(run, name);
    const struct value *result = value_get(run->results, name);
    bool lost = entry && run->undoing && entry->state == STEP_RUNNING;
    *state = entry ? step_state_name(entry->state) : "";
    luaL_getsubtable(L, LUA_REGISTRYINDEX, CALL_UNKNOWNS);
    if (result || lua_getfield(L, -1, name) == LUA_TNIL)
        convert_push(L, result);
    lua_remove(L, -2);
    if (entry == NULL || !lua_isnil(L, -1))
        return NULL;
    if (lost || entry->state == STEP_FAILED || entry->state == STEP_STOPPED) {
        *state = lost ? "was interrupted" : *state;
        return entry->why ? entry->why : "its end is not on record";
    }
    *state = "was kept without it";
    return entry->withheld;
}

static const char *step_name(lua_State *L)
{
    const struct run *run = run_of(L);
    const char *name = luaL_checkstring(L, 1);
    if (outline_step(&run->outline, name) == NULL)
        failure_raise(L, FAILURE_USAGE,
                      "run.results: there is no step \"%s\"; `runbook check %s` lists them", name,
                      run->options->file);
    return name;
}

int results_get(lua_State *L)
{
    struct run *run = run_of(L);
    const char *state, *name = step_name(L), *why = result_push(L, name, &state);
    run->step_stale |= value_get_bool(run->stale_results, name, false);
    return why ? result_missing(L, name, state, why) : 1;
}

int results_has(lua_State *L)
{
    const char *state, *why = result_push(L, step_name(L), &state);
    lua_pushboolean(L, why == NULL && !lua_isnil(L, -1));
    return 1;
}
