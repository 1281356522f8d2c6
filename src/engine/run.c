#include "engine/run.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/shell.h"
#include "engine/ending.h"
#include "engine/failure.h"
#include "engine/mode.h"
#include "engine/permit.h"
#include "engine/state.h"
#include "engine/step.h"
#include "engine/undo_plan.h"
#include "net/loop.h"

// A name that sorts by time and is not taken twice: 20261122-142233-7f3a9c.
static void make_id(struct run *run)
{
    time_t now = (time_t)(run->started / 1000);
    struct tm t;
    gmtime_r(&now, &t);
    if (getrandom(&run->seed, sizeof run->seed, 0) != sizeof run->seed)
        run->seed = (uint64_t)run->started ^ ((uint64_t)getpid() << 40);
    size_t len = strftime(run->id, sizeof run->id, "%Y%m%d-%H%M%S", &t);
    snprintf(run->id + len, sizeof run->id - len, "-%06x", (unsigned)(run->seed & 0xffffff));
}

struct run *run_new(struct loop *loop, struct fetcher *fetcher, const struct run_options *options,
                    const struct mode *mode, struct listener *listener, struct error *err)
{
    struct run *run = mem_alloc(sizeof *run);
    run->loop = loop;
    run->fetcher = fetcher;
    run->options = options;
    run->mode = mode;
    run->listener = listener;
    run->started = clock_wall();
    run->results = value_object(&run->arena);
    run->stale_results = value_object(&run->arena);
    run->stays = value_array(&run->arena);
    make_id(run);
    if (!state_open(run, err)) {
        run_free(run);
        return NULL;
    }
    return run;
}

void run_free(struct run *run)
{
    if (run->mode->close)
        run->mode->close(run);
    if (run->L)
        lua_close(run->L);
    if (run->kube_free)
        run->kube_free(run->kube);
    permit_free(run->permit);
    undo_free(&run->undo);
    arena_free(&run->arena);
    free(run);
}

const char *run_command(struct run *run, const char *verb)
{
    struct buf text = {0};
    buf_printf(&text, "runbook %s %s", verb, run->id);
    if (run->options->journal) {
        buf_puts(&text, " --journal");
        shell_word(&text, run->options->journal);
    }
    const char *words = arena_copy(&run->arena, buf_text(&text), text.len);
    buf_free(&text);
    return words;
}

void run_tell(struct run *run, enum event_type type, struct value *data)
{
    if (run->listener == NULL)
        return;
    struct arena a = {0};
    struct event event = {.type = type,
                          .at = clock_wall(),
                          .phase = run->phase ? run->phase->name : NULL,
                          .step = run->step ? run->step->name : NULL,
                          .data = data ? data : value_object(&a)};
    run->listener->hear(run->listener, &event);
    arena_free(&a);
}

struct value *run_masked(const struct run *run, struct arena *a, const struct value *v)
{
    if (v == NULL)
        return value_null(a);
    return run->masked_value ? run->masked_value(run->mask_arg, a, v) : value_copy(a, v);
}

int64_t run_now(const struct run *run)
{
    return clock_wall() + run->skipped_ms;
}

void run_halt(struct run *run, enum halt why, const char *text, const char *where,
              const char *detail)
{
    static const char *const codes[] = {
        [HALT_NOT] = CODE_HALTED,        [HALT_JOURNAL] = CODE_JOURNAL,
        [HALT_DIVERGED] = CODE_DIVERGED, [HALT_DOUBT] = CODE_IN_DOUBT,
        [HALT_LOCK] = CODE_LOCKED,       [HALT_UNAPPROVED] = CODE_UNAPPROVED,
    };
    if (run->halted || (run->undoing && why != HALT_JOURNAL))
        return;
    run->halted = why;
    run->halted_by = failure_make(&run->arena, (struct failure){.kind = FAILURE_HALTED,
                                                                .code = codes[why],
                                                                .text = text,
                                                                .where = where,
                                                                .detail = detail});
}

void run_halt_now(struct run *run, enum halt why, const char *text)
{
    run_halt(run, why, text, "", NULL);
    if (run->step_fiber && run->halted)
        fiber_stop(run->step_fiber, FIBER_HALTED);
}

void run_stop(struct run *run)
{
    if (run->step_fiber && !run->undoing)
        fiber_stop(run->step_fiber, FIBER_SIGNAL);
}

// Is there a change of which nobody knows whether it was made?
static bool run_in_doubt(const struct run *run)
{
    for (size_t i = 0; i < run->undo.count; i++)
        if (run->undo.entries[i].in_doubt)
            return true;
    return false;
}

// A plan goes on after a failure, to show all there are; but not after the one that it was asked to
// assume.
static bool follows_failures(const struct run *run)
{
    return !run->mode->rehearsal || run->failure_assumed;
}

// What ended the run does not forbid to take its changes back: it is certain what they are, and
// that nobody else is about to.
static bool may_undo(const struct run *run)
{
    switch (run->halted) {
    case HALT_NOT:
    case HALT_JOURNAL:
    case HALT_MEMORY:
    case HALT_UNAPPROVED:
        return true;
    case HALT_DIVERGED:
    case HALT_DOUBT:
    case HALT_LOCK:
        return false;
    }
    return false;
}

// Walks the steps of one phase. Returns false when the run is not to go on to the next phase.
static bool walk_phase(struct run *run, const struct phase *phase, struct verdict *v)
{
    struct arena *a = &run->arena;
    static const char *const on_failure[] = {"halt", "rollback", "continue"};
    struct value *data = value_object(a);
    value_set(a, data, "on_failure", value_string(a, on_failure[phase->on_failure]));
    value_set(a, data, "help", value_string(a, phase->help));
    value_set(a, data, "keep_going", value_bool(a, phase->keep_going));
    int64_t started = clock_steady();
    bool failed = false;
    struct value *own = NULL; // the first failure of this phase, or the denial that ended it
    const struct step *culprit = NULL;
    run->phase = phase;
    run_tell(run, EVENT_PHASE_STARTED, data);
    for (int i = 0; i < phase->count && !v->stopped; i++) {
        if (!phase->steps[i].selected)
            continue;
        struct value *failure;
        enum step_state state = step_run(run, &phase->steps[i], &failure);
        v->stopped = state == STEP_STOPPED || run->signal || run->halted;
        failed |= state == STEP_FAILED;
        bool denied = failure_is(failure, FAILURE_DENIED);
        if (failure && (own == NULL || denied)) {
            own = failure;
            culprit = &phase->steps[i];
        }
        bool goes_on = phase->keep_going && !denied && !run_in_doubt(run);
        if (state == STEP_FAILED && !goes_on && follows_failures(run))
            break;
    }
    data = value_object(a);
    if (run->mode->rehearsal)
        value_set(a, data, "if_it_fails",
                  undo_prospect(run, phase->on_failure == ON_FAILURE_ROLLBACK, !failed));
    value_set(a, data, "outcome",
              value_string(a, v->stopped ? "stopped"
                              : failed   ? "failed"
                                         : "ok"));
    value_set(a, data, "seconds", value_float(a, (double)(clock_steady() - started) / 1000));
    run_tell(run, EVENT_PHASE_ENDED, data);
    run->phase = NULL;
    bool ends = v->stopped || (failed && phase->on_failure != ON_FAILURE_CONTINUE);
    if (own && (v->failure == NULL || (ends && follows_failures(run)))) {
        v->failure = own; // what ended the run is its headline, else what failed first
        v->step = culprit;
    }
    if (!follows_failures(run))
        return !v->stopped;
    if ((failed || v->stopped) && may_undo(run) && phase->on_failure == ON_FAILURE_ROLLBACK) {
        const char *cause = own ? value_get_text(own, "text") : "stopped by a signal";
        v->rolled_back = true;
        undo_recall(run);
        v->rollback_failed = !undo_all(run, cause, false);
    }
    return !ends;
}

// A rollback that was asked for, or was under way when the run was interrupted. What is in doubt
// and is to be sent again is, before anything is taken back.
static bool take_back(struct run *run, struct verdict *v)
{
    const struct past *past = run->past;
    if (past == NULL || !past->rolls_back)
        return false;
    for (size_t i = 0; i < past->count; i++) {
        const struct step *step = outline_step(&run->outline, past->steps[i].name);
        struct value *failure;
        if (step && past->steps[i].sent_again)
            step_run(run, step, &failure);
        else if (step)
            undo_register(run, step);
    }
    for (size_t i = 0; i < past->undone_count; i++)
        undo_done_before(run, past->undone[i]);
    run->generation = past->generation - past->under_way;
    v->asked = true;
    v->cause = past->cause;
    v->wished = past->wished;
    v->rollback_failed = !undo_all(run, v->cause, v->wished);
    return true;
}

static void walk_phases(struct run *run, struct verdict *v)
{
    run->generation = run->past ? run->past->generation : 0;
    for (int i = 0; i < run->outline.count; i++)
        if (run->outline.phases[i].selected && !walk_phase(run, &run->outline.phases[i], v))
            return;
}

int run_walk(struct run *run)
{
    struct verdict v = {0};
    if (!take_back(run, &v))
        walk_phases(run, &v);
    undo_recall(run);
    return ending_tell(run, &v);
}
