#include "engine/step.h"

#include <assert.h>
#include <lauxlib.h>
#include <string.h>

#include "base/duration.h"
#include "engine/call.h"
#include "engine/failure.h"
#include "engine/journal.h"
#include "engine/mode.h"
#include "engine/run.h"
#include "engine/step_before.h"
#include "engine/step_plan.h"
#include "engine/step_restore.h"
#include "net/loop.h"

// The attempts of one step, from the one that is under way. Those of a run that was killed count:
// only when it had failed, and somebody resumed it, is it given all of them once more.
struct trials {
    const struct step *step;
    int64_t started; // steady clock, ms
    int attempt;     // the one under way, from 1
    int spent;       // of all attempts, those that count no more
    int64_t due;     // when the next one was to begin before the run was interrupted; 0: nothing
    bool again;      // its first attempt had begun before
};

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
static bool is_wanted(struct run *run, const struct trials *t, struct value **failure)
{
    const struct step *step = t->step;
    struct value *answer = NULL;
    if (t->again || step->when == LUA_NOREF)
        return true;
    run->scope = scope_make(&run->arena, SCOPE_WHEN, step->name, t->attempt, 0);
    *failure = call_function(run, step->when, step->timeout_ms, NULL, &answer);
    bool no = answer == NULL || answer->type == VALUE_NULL ||
              (answer->type == VALUE_BOOL && !answer->boolean);
    return *failure || !no;
}

static bool worth_retrying(struct run *run, const struct trials *t, const struct value *failure)
{
    static const char *const final[] = {FAILURE_USAGE,     FAILURE_DENIED,  FAILURE_HALTED,
                                        FAILURE_FORBIDDEN, FAILURE_UNKNOWN, FAILURE_STOPPED};
    if (failure == NULL || t->attempt - t->spent >= t->step->attempts || run->signal ||
        run->mode->rehearsal || undo_entry(run, t->step->name)->in_doubt)
        return false;
    for (size_t i = 0; i < sizeof final / sizeof *final; i++)
        if (failure_is(failure, final[i]))
            return false;
    return true;
}

static void tell_end(struct run *run, const struct trials *t, enum step_state state,
                     struct value *failure, int64_t retry_in, struct value *result)
{
    struct arena *a = &run->arena;
    struct value *data = value_object(a);
    bool skipped = state == STEP_SKIPPED;
    double seconds = (double)(clock_steady() - t->started) / 1000;
    value_set(a, data, "outcome", value_string(a, step_state_name(state)));
    value_set(a, data, "error", failure ? failure : value_null(a));
    value_set(a, data, "seconds", value_float(a, seconds));
    value_set(a, data, "attempts", value_int(a, skipped ? 0 : t->attempt));
    value_set(a, data, "retry_in",
              retry_in ? value_float(a, (double)retry_in / 1000) : value_null(a));
    value_set(a, data, "result", result ? result : value_null(a));
    value_set(a, data, "writes", value_int(a, run->step_writes));
    if (skipped)
        value_set(a, data, "reason", value_string(a, "its `when` says no"));
    if (run->journal && retry_in == 0)
        run->journal->result(run->journal, result, run->result_lost);
    run_tell(run, EVENT_STEP_ENDED, data);
}

// One attempt. Returns its failure, or NULL.
static struct value *attempt_step(struct run *run, const struct trials *t, struct value **result)
{
    struct arena *a = &run->arena;
    const struct step *step = t->step;
    struct value *data = value_object(a);
    value_set(a, data, "attempt", value_int(a, t->attempt));
    value_set(a, data, "spent", value_int(a, t->spent));
    value_set(a, data, "where", value_string(a, step->where));
    run_tell(run, EVENT_STEP_STARTED, data);
    *result = NULL;
    run->result_lost = NULL;
    struct value *failure = step_before(run, step, t->attempt);
    if (failure == NULL) {
        run->scope = scope_make(a, SCOPE_STEP, step->name, t->attempt, 0);
        failure = call_function(run, step->action, step->timeout_ms, NULL, result);
    }
    return run->mode->rehearsal ? step_rehearsed(run, step, failure) : failure;
}

// Milliseconds until the attempt behind the one that has failed; the backoff is doubled each time.
static int64_t pause_before_next(struct trials *t)
{
    int64_t due = t->due, left = due - clock_wall();
    int exponent = t->attempt - t->spent - 1;
    t->due = 0;
    assert(exponent >= 0);
    if (due)
        return left > 1 ? left : 1;
    return t->step->backoff_ms << (exponent < 32 ? exponent : 32);
}

// What an attempt that goes on left in doubt, and did not come to before it failed, is in doubt
// still: another attempt would send it again.
static void keep_doubt(struct run *run, const struct step *step)
{
    struct journal *journal = run->journal;
    struct journal_entry open = {.summary = "what the journal could not be asked about"};
    error_local(err);
    bool found, asked = journal == NULL ||
                        journal->open(journal, step->name, &open, &run->arena, &found, &err);
    if (journal == NULL || (asked && !found))
        return;
    struct undo_entry *entry = undo_entry(run, step->name);
    entry->in_doubt = true;
    entry->doubt = open.summary;
}

// Runs the attempts. Returns the failure of the last one, or NULL.
static struct value *try_step(struct run *run, struct trials *t, struct value **result)
{
    struct value *failure = attempt_step(run, t, result);
    if (failure && t->again && !run->halted)
        keep_doubt(run, t->step);
    while (worth_retrying(run, t, failure)) {
        int64_t pause = pause_before_next(t);
        tell_end(run, t, STEP_FAILED, failure, pause, NULL);
        step_pause(run, pause);
        if (run->signal)
            break;
        t->attempt++;
        failure = attempt_step(run, t, result);
    }
    return failure;
}

static enum step_state state_of(const struct run *run, const struct value *failure)
{
    if (failure == NULL)
        return STEP_OK;
    if (run->options->offline && run->mode->rehearsal && failure_is(failure, FAILURE_UNKNOWN))
        return STEP_OPEN;
    bool stopped = run->halted || (run->signal && failure_is(failure, FAILURE_STOPPED));
    return stopped ? STEP_STOPPED : STEP_FAILED;
}

// Notes how the step has ended for the steps and undos that come, and tells the listeners.
static void settle(struct run *run, const struct trials *t, enum step_state state,
                   struct value *failure, struct value *result)
{
    struct arena *a = &run->arena;
    struct undo_entry *entry = undo_entry(run, t->step->name);
    entry->state = state;
    entry->why = failure ? value_get_text(failure, "text") : NULL;
    entry->withheld = run->result_lost;
    run->counts.open += state == STEP_OPEN;
    run->counts.failed += state == STEP_FAILED;
    run->counts.skipped += state == STEP_SKIPPED;
    if (state == STEP_OK && result)
        value_set(a, run->results, t->step->name, result);
    if (run->step_stale && state != STEP_SKIPPED)
        value_set(a, run->stale_results, t->step->name, value_bool(a, true));
    tell_end(run, t, state, failure, 0, state == STEP_OK ? result : NULL);
    run->step = NULL;
}

// An attempt that was interrupted goes on, and so does one that failed with a write in doubt: that
// has to be settled, and not sent again by another.
static bool goes_on(const struct past_step *past)
{
    return past && past->attempts > 0 &&
           (past->state == STEP_RUNNING || past->state == STEP_STOPPED || past->in_doubt);
}

static struct trials trials_of(const struct step *step, const struct past_step *past)
{
    struct trials t = {.step = step, .started = clock_steady(), .again = goes_on(past)};
    t.attempt = past ? past->attempts + !t.again : 1;
    t.spent = past == NULL ? 0 : t.again ? past->spent : past->attempts;
    t.due = t.again ? past->retry_at : 0;
    assert(t.attempt > t.spent);
    return t;
}

enum step_state step_run(struct run *run, const struct step *step, struct value **failure)
{
    const struct past_step *past = past_step(run->past, step->name);
    struct undo_entry *entry = undo_register(run, step);
    struct trials t = trials_of(step, past);
    struct value *result = NULL;
    *failure = NULL;
    if (step_is_finished(past))
        return step_restore(run, step, past, failure);
    entry->state = STEP_RUNNING;
    entry->in_doubt = entry->in_doubt && !t.again; // its replay comes to what is
    run->step = step;
    run->step_writes = 0;
    run->result_lost = NULL;
    run->step_stale = run->step_assumed = false;
    run->figures = NULL;
    if (!is_wanted(run, &t, failure)) {
        settle(run, &t, STEP_SKIPPED, NULL, NULL);
        return STEP_SKIPPED;
    }
    run->counts.steps++;
    if (*failure == NULL)
        *failure = try_step(run, &t, &result);
    enum step_state state = state_of(run, *failure);
    settle(run, &t, state, *failure, result);
    if (state == STEP_OPEN)
        *failure = NULL;
    return state;
}
