#include "engine/step_plan.h"

#include <lauxlib.h>
#include <string.h>

#include "engine/call.h"
#include "engine/failure.h"
#include "engine/run.h"
#include "engine/step.h"
#include "engine/unknown.h"

// Runs protected: (where its answer is missing). What the step returns is not known either.
static int keep_unknown(lua_State *L)
{
    struct run *run = run_of(L);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, CALL_UNKNOWNS);
    lua_pushfstring(L, "the step %s", run->step->name);
    unknown_push(L, UNKNOWN_ALL, lua_tostring(L, -1), lua_tostring(L, 1),
                 "it is planned only in part");
    lua_setfield(L, 2, run->step->name);
    return 0;
}

static void result_unknown(struct run *run, const struct value *failure)
{
    lua_pushcfunction(run->L, keep_unknown);
    lua_pushstring(run->L, value_get_text(failure, "where"));
    if (lua_pcall(run->L, 1, 0, 0) != LUA_OK)
        lua_pop(run->L, 1);
}

// What goes wrong after a read that a change not made would have affected says nothing of the
// change.
static void doubt_failure(struct run *run, struct value *failure)
{
    struct arena *a = &run->arena;
    const char *kind = value_get_text(failure, "kind");
    bool follows = strcmp(kind, FAILURE_CHECK) == 0 || strcmp(kind, FAILURE_ERROR) == 0 ||
                   strcmp(kind, FAILURE_USAGE) == 0;
    if (!run->step_stale || !follows)
        return;
    value_set(a, failure, "kind", value_string(a, FAILURE_UNKNOWN));
    value_set(a, failure, "code", value_string(a, CODE_UNKNOWN));
    value_set(a, failure, "text",
              value_printf(a,
                           "cannot be planned further: %s; but that follows from what was read "
                           "before a change that was not made: declare with `assume = ...` on the "
                           "call what it would answer",
                           value_get_text(failure, "text")));
}

// Plan: the failure at the end of the step that is taken to fail, or NULL.
static struct value *assumed_failure(struct run *run, const struct step *step)
{
    struct arena *a = &run->arena;
    const char *name = run->options->assume_failure;
    if (name == NULL || !outline_step_is(step, name))
        return NULL;
    run->failure_assumed = true;
    return failure_make(a, (struct failure){.kind = FAILURE_ASSUMED,
                                            .text = "assumed to fail at its end",
                                            .where = step->where});
}

struct value *step_rehearsed(struct run *run, const struct step *step, struct value *failure)
{
    struct value *assumed = assumed_failure(run, step);
    if (failure)
        doubt_failure(run, failure);
    if (failure && strcmp(value_get_text(failure, "kind"), FAILURE_UNKNOWN) == 0)
        result_unknown(run, failure);
    return failure ? failure : assumed;
}
