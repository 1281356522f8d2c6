#include "engine/step.h"

#include <lauxlib.h>
#include <string.h>

#include "base/duration.h"
#include "engine/call.h"
#include "engine/failure.h"
#include "engine/journal.h"
#include "engine/mode.h"
#include "engine/run.h"
#include "engine/step_plan.h"
#include "net/loop.h"

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
static bool is_wanted(struct run *run, const struct step *step, int attempt, struct value **failure)
{
    if (step->when == LUA_NOREF)
        return true;
    struct value *answer = NULL;
    run->scope = arena_printf(&run->arena, "when:%s#%d", step->name, attempt);
    *failure = call_function(run, step->when, step->timeout_ms, &answer);
    bool no = answer == NULL || answer->type == VALUE_NULL ||
              (answer->type == VALUE_BOOL && !answer->boolean);
    return *failure || !no;
}

static bool worth_retrying(struct run *run, const struct value *failure)
{
    const char *kind = value_get_text(failure, "kind");
    const struct undo_entry *entry = &run->undo.entries[run->undo.count - 1];
    return !run->signal && !entry->in_doubt && !run->mode->rehearsal &&
           strcmp(kind, FAILURE_USAGE) != 0 && strcmp(kind, FAILURE_DENIED) != 0 &&
           strcmp(kind, FAILURE_HALTED) != 0 && strcmp(kind, FAILURE_FORBIDDEN) != 0 &&
           strcmp(kind, FAILURE_UNKNOWN) != 0 && strcmp(kind, FAILURE_STOPPED) != 0;
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
    struct value *failure = call_function(run, step->action, step->timeout_ms, result);
    return run->mode->rehearsal ? step_rehearsed(run, step, failure) : failure;
}

static bool is_same(const struct value *before, const struct value *now)
{
    bool nothing = before == NULL || before->type == VALUE_NULL;
    return value_equal(nothing ? NULL : before, now);
}

// Replays a finished step of another source, unheard. Returns what is not as it was, or NULL.
static struct value *prove(struct run *run, const struct step *step, const struct value *past)
{
    struct arena *a = &run->arena;
    struct listener *listener = run->listener;
    struct run_counts counts = run->counts;
    struct value *result = NULL;
    run->scope =
        arena_printf(a, "step:%s#%lld", step->name, (long long)value_get_int(past, "attempts", 1));
    run->listener = NULL;
    run->proving = true;
    struct value *failure = call_function(run, step->action, 0, &result);
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
    else if (!value_get_bool(past, "withheld", false) &&
             !is_same(value_get(past, "result"), result))
        run_halt(run, HALT_DIVERGED,
                 arena_printf(a,
                              "\"%s\", which was finished, returns something else with the "
                              "source as it is now",
                              step->name),
                 step->where, NULL);
    return run->halted_by;
}

// One that came to a good end with a write in doubt is not: that is to be settled first.
static bool is_finished(const struct value *past)
{
    const char *state = value_get_text(past, "state");
    return (strcmp(state, "ok") == 0 && !value_get_bool(past, "in_doubt", false)) ||
           strcmp(state, "skipped") == 0;
}

// A step that the run has finished before it was interrupted is not run again: its result and its
// undo are there.
static enum step_outcome restore(struct run *run, const struct step *step, const struct value *past,
                                 struct value **failure)
{
    struct arena *a = &run->arena;
    struct value *data = value_object(a), *result = value_get(past, "result");
    const char *state = value_get_text(past, "state");
    bool ok = strcmp(state, "ok") == 0;
    run->step = step;
    *failure = ok && run->proves ? prove(run, step, past) : NULL;
    if (result && result->type != VALUE_NULL && !value_get_bool(past, "withheld", false))
        value_set(a, run->results, step->name, result);
    value_set(a, data, "outcome", value_string(a, *failure ? "stopped" : state));
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

// An attempt that was interrupted goes on, and so does one that failed with a write in doubt: that
// has to be settled, and not sent again by another.
static bool goes_on(const struct value *past)
{
    const char *state = value_get_text(past, "state");
    return value_get_int(past, "attempts", 0) > 0 &&
           (strcmp(state, "running") == 0 || strcmp(state, "stopped") == 0 ||
            value_get_bool(past, "in_doubt", false));
}

// What an attempt that goes on left in doubt, and did not come to before it failed, is in doubt
// still: another attempt would send it again.
static void keep_doubt(struct run *run, struct undo_entry *undo)
{
    struct journal_entry open;
    if (!run->journal || !run->journal->open(run->journal, run->scope, &open, &run->arena))
        return;
    undo->in_doubt = true;
    undo->doubt = open.summary;
}

enum step_outcome step_run(struct run *run, const struct step *step, struct value **failure)
{
    const struct value *past = value_get(value_get(run->past, "steps"), step->name);
    struct undo_entry *undo = undo_register(run, step);
    bool again = goes_on(past);
    if (is_finished(past))
        return restore(run, step, past, failure);
    *failure = NULL;
    if (again)
        undo->in_doubt = false; // its replay comes to what is
    run->step = step;
    run->step_writes = 0;
    run->step_stale = run->step_assumed = false;
    run->figures = NULL;
    int64_t started = clock_steady();
    enum step_outcome outcome = STEP_OK;
    int first = (int)value_get_int(past, "attempts", 0) + !again, attempt = first;
    struct value *result = NULL;
    if (!again && !is_wanted(run, step, attempt, failure)) {
        run->counts.skipped++;
        tell_end(run, "skipped", NULL, 0, started, 0, NULL);
        run->step = NULL;
        return STEP_SKIPPED;
    }
    run->counts.steps++;
    if (*failure == NULL) {
        *failure = attempt_step(run, step, attempt, &result);
        if (*failure && again && !run->halted)
            keep_doubt(run, undo);
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
    bool open = *failure && run->options->offline && run->mode->rehearsal &&
                strcmp(value_get_text(*failure, "kind"), FAILURE_UNKNOWN) == 0;
    if (open) {
        run->counts.open++;
    } else if (*failure) {
        bool stopped = run->halted || (run->signal && strcmp(value_get_text(*failure, "kind"),
                                                             FAILURE_STOPPED) == 0);
        outcome = stopped ? STEP_STOPPED : STEP_FAILED;
        run->counts.failed += !stopped;
        run->denied |= strcmp(value_get_text(*failure, "kind"), FAILURE_DENIED) == 0;
    } else if (result) {
        value_set(&run->arena, run->results, step->name, result);
    }
    if (run->step_stale)
        value_set(&run->arena, run->stale_results, step->name, value_bool(&run->arena, true));
    tell_end(run,
             open                     ? "open"
             : outcome == STEP_OK     ? "ok"
             : outcome == STEP_FAILED ? "failed"
                                      : "stopped",
             *failure, attempt, started, 0, result);
    run->step = NULL;
    if (open)
        *failure = NULL;
    return outcome;
}
