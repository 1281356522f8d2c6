#include "engine/step_restore.h"

#include "engine/call.h"
#include "engine/run.h"

static bool is_same(const struct value *before, const struct value *now)
{
    bool nothing = before == NULL || before->type == VALUE_NULL;
    return value_equal(nothing ? NULL : before, now);
}

// Replays a finished step of another source, unheard. Returns what is not as it was, or NULL.
static struct value *prove(struct run *run, const struct step *step, const struct past_step *past)
{
    struct arena *a = &run->arena;
    struct listener *listener = run->listener;
    struct run_counts counts = run->counts;
    struct value *result = NULL;
    run->scope = scope_make(a, SCOPE_STEP, step->name, past->attempts, 0);
    run->listener = NULL;
    run->proving = true;
    struct value *failure = call_function(run, step->action, 0, NULL, &result);
    run->proving = false;
    run->listener = listener;
    run->counts = counts;
    if (run->signal || run->halted)
        return failure;
    if (failure)
        run_halt(run, HALT_DIVERGED,
                 arena_printf(a,
                              "\"%s\", which was finished, fails with the source as it is now: %s",
                              step->name, value_get_text(failure, "text")),
                 value_get_text(failure, "where"), NULL);
    else if (past->withheld == NULL && !is_same(past->result, result))
        run_halt(run, HALT_DIVERGED,
                 arena_printf(a,
                              "\"%s\", which was finished, returns something else with the "
                              "source as it is now",
                              step->name),
                 step->where, NULL);
    return run->halted_by;
}

// One that came to a good end with a write in doubt is not: that is to be settled first.
bool step_is_finished(const struct past_step *past)
{
    return past && ((past->state == STEP_OK && !past->in_doubt) || past->state == STEP_SKIPPED);
}

enum step_state step_restore(struct run *run, const struct step *step, const struct past_step *past,
                             struct value **failure)
{
    struct arena *a = &run->arena;
    struct value *data = value_object(a);
    bool ok = past->state == STEP_OK;
    run->step = step;
    *failure = ok && run->proves ? prove(run, step, past) : NULL;
    enum step_state state = *failure ? STEP_STOPPED : past->state;
    value_set(a, data, "outcome", value_string(a, step_state_name(state)));
    value_set(a, data, "error", *failure ? *failure : value_null(a));
    value_set(a, data, "seconds", value_int(a, 0));
    value_set(a, data, "reason", value_string(a, "done before the run was interrupted"));
    value_set(a, data, "earlier", value_bool(a, true));
    run_tell(run, EVENT_STEP_ENDED, data);
    run->step = NULL;
    run->counts.steps += ok;
    run->counts.skipped += !ok;
    return *failure ? STEP_STOPPED : STEP_OK;
}
