#include "engine/run.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/duration.h"
#include "engine/failure.h"
#include "engine/mode.h"
#include "engine/state.h"
#include "engine/step.h"
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
    undo_free(&run->undo);
    arena_free(&run->arena);
    free(run);
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

char *run_excerpt(const struct run *run, struct arena *a, const char *text, size_t len, size_t most)
{
    size_t safe_len = len;
    char *safe = run->masked ? run->masked(run->mask_arg, text, len, &safe_len) : NULL;
    char *excerpt = safe_len <= most ? arena_copy(a, safe ? safe : text, safe_len)
                                     : arena_printf(a, "%.*s... (%zu bytes)", (int)most,
                                                    safe ? safe : text, len);
    free(safe);
    return excerpt;
}

int64_t run_now(const struct run *run)
{
    return clock_wall() + run->skipped_ms;
}

void run_stop(struct run *run)
{
    if (run->step_fiber && !run->undoing)
        fiber_stop(run->step_fiber, FIBER_SIGNAL);
}

// What became of the phases, for the last word.
struct verdict {
    struct value *failure; // of the first step that failed or was stopped
    const struct step *step;
    bool stopped, rolled_back, rollback_failed;
    const char *asked; // the rollback that was asked for or goes on, and its cause
};

// Walks the steps of one phase. Returns false when the run is not to go on to the next phase.
static bool walk_phase(struct run *run, const struct phase *phase, struct verdict *v)
{
    struct arena *a = &run->arena;
    static const char *const on_failure[] = {"halt", "rollback", "continue"};
    struct value *data = value_object(a);
    value_set(a, data, "on_failure", value_string(a, on_failure[phase->on_failure]));
    value_set(a, data, "help", value_string(a, phase->help));
    int64_t started = clock_steady();
    bool failed = false;
    run->phase = phase;
    run_tell(run, EVENT_PHASE_STARTED, data);
    for (int i = 0; i < phase->count && !v->stopped; i++) {
        if (!phase->steps[i].selected)
            continue;
        struct value *failure;
        enum step_outcome outcome = step_run(run, &phase->steps[i], &failure);
        v->stopped = outcome == STEP_STOPPED || run->signal || run->halted;
        failed |= outcome == STEP_FAILED;
        if (failure && v->failure == NULL) {
            v->failure = failure;
            v->step = &phase->steps[i];
        }
        if (outcome == STEP_FAILED && !phase->keep_going && !run->mode->rehearsal)
            break;
    }
    data = value_object(a);
    value_set(a, data, "outcome",
              value_string(a, v->stopped ? "stopped"
                              : failed   ? "failed"
                                         : "ok"));
    value_set(a, data, "seconds", value_float(a, (double)(clock_steady() - started) / 1000));
    run_tell(run, EVENT_PHASE_ENDED, data);
    run->phase = NULL;
    if (run->mode->rehearsal)
        return !v->stopped;
    if ((failed || v->stopped) && !run->halted && phase->on_failure == ON_FAILURE_ROLLBACK) {
        const char *cause = v->failure ? value_get_text(v->failure, "text") : "stopped by a signal";
        v->rolled_back = true;
        v->rollback_failed = !undo_all(run, cause);
    }
    return !v->stopped && !(failed && phase->on_failure != ON_FAILURE_CONTINUE);
}

enum leftover { NOTHING_CHANGED, ALL_TAKEN_BACK, SOMETHING_STANDS };

// Looks through the steps that made writes; notes what stands, on purpose or not.
static enum leftover look_back(struct run *run, bool *in_doubt)
{
    struct arena *a = &run->arena;
    enum leftover left = NOTHING_CHANGED;
    *in_doubt = false;
    if (run->mode->rehearsal)
        return NOTHING_CHANGED;
    for (size_t i = 0; i < run->undo.count; i++) {
        const struct undo_entry *e = &run->undo.entries[i];
        if (e->writes == 0)
            continue;
        *in_doubt |= e->in_doubt && !e->undone;
        if (left == NOTHING_CHANGED)
            left = ALL_TAKEN_BACK;
        if (e->undone)
            continue;
        struct value *row = value_object(a);
        value_set(a, row, "step", value_string(a, e->step->name));
        value_set(a, row, "text",
                  value_string(a, e->step->lasting             ? e->step->lasting
                                  : e->given_up                ? "its undo failed"
                                  : e->step->undo == LUA_NOREF ? "it has no undo"
                                                               : "it was not undone"));
        value_set(a, row, "lasting", value_bool(a, e->step->lasting != NULL));
        value_push(a, run->stays, row);
        if (e->step->lasting == NULL)
            left = SOMETHING_STANDS;
    }
    return left;
}

static int exit_of(const struct run *run, const struct verdict *v, enum leftover left,
                   bool in_doubt)
{
    if (run->mode->rehearsal)
        return v->stopped ? 128 + run->signal : v->failure ? EXIT_CHECK : EXIT_DONE;
    if (v->rollback_failed)
        return EXIT_NOT_ROLLED_BACK;
    if (in_doubt || run->halted == HALT_DOUBT)
        return EXIT_IN_DOUBT;
    if (run->halted)
        return run->halted == HALT_DIVERGED ? EXIT_STALE : EXIT_INTERNAL;
    if (v->asked)
        return left == SOMETHING_STANDS ? EXIT_NOT_ROLLED_BACK : EXIT_ROLLED_BACK;
    if (v->stopped)
        return 128 + run->signal;
    if (v->failure == NULL)
        return EXIT_DONE;
    if (run->denied)
        return EXIT_DENIED;
    return left == NOTHING_CHANGED  ? EXIT_CHECK
           : left == ALL_TAKEN_BACK ? EXIT_ROLLED_BACK
                                    : EXIT_NOT_ROLLED_BACK;
}

static const char *headline(struct run *run, const struct verdict *v, int code)
{
    struct arena *a = &run->arena;
    const char *name = run->outline.name;
    const char *why = v->failure ? value_get_text(v->failure, "text") : "";
    const char *step = v->step ? v->step->name : "";
    if (v->asked)
        return arena_printf(a, "%s was rolled back%s: %s", name,
                            code == EXIT_ROLLED_BACK ? "" : ", but NOT everything", v->asked);
    if (run->mode->rehearsal && code == EXIT_DONE)
        return arena_printf(a, "%s is planned; nothing was changed", name);
    if (run->mode->rehearsal)
        return arena_printf(a, "the plan of %s has a problem in \"%s\": %s", name, step, why);
    switch (code) {
    case EXIT_DONE:
        return arena_printf(a, "%s is done", name);
    case EXIT_CHECK:
        return arena_printf(a, "\"%s\" failed, nothing had been changed: %s", step, why);
    case EXIT_ROLLED_BACK:
        return v->rolled_back
                   ? arena_printf(a, "\"%s\" failed and the changes were rolled back: %s", step,
                                  why)
                   : arena_printf(a, "\"%s\" failed, nothing is left to roll back: %s", step, why);
    case EXIT_NOT_ROLLED_BACK:
        return arena_printf(a, "\"%s\" failed, and NOT everything was rolled back: %s", step, why);
    case EXIT_IN_DOUBT:
        return arena_printf(
            a, "in doubt: a change of \"%s\" was sent, its outcome is not known: %s", step, why);
    case EXIT_INTERNAL:
        return arena_printf(a, "%s was halted: %s", name,
                            run->journal_error ? run->journal_error : why);
    case EXIT_STALE:
        return arena_printf(a, "%s was halted in \"%s\": %s", name, step, why);
    case EXIT_DENIED:
        return arena_printf(a, "not approved in \"%s\": %s", step, why);
    default:
        return arena_printf(a, "%s was stopped by a signal%s", name,
                            v->rolled_back ? " and the changes were rolled back" : "");
    }
}

static const char *next_action(struct run *run, const struct verdict *v, int code,
                               enum leftover left)
{
    struct arena *a = &run->arena;
    const char *file = run->options->file;
    bool kept = run->journal && run->journal_error == NULL;
    if (run->mode->rehearsal)
        return code == EXIT_DONE ? arena_printf(a, "to do it: runbook %s", file) : NULL;
    if (v->asked && code != EXIT_DONE && code != EXIT_ROLLED_BACK && kept)
        return arena_printf(a, "mend what is in the way, then: runbook rollback %s", run->id);
    switch (code) {
    case EXIT_DONE:
    case EXIT_ROLLED_BACK:
        if (v->asked || code == EXIT_DONE)
            return NULL;
        break;
    case EXIT_INTERNAL:
        return arena_printf(a, "make room for the journal or mend it, then: runbook resume %s",
                            run->id);
    case EXIT_STALE:
        return arena_printf(a, "to take back what was done: runbook rollback %s", run->id);
    case EXIT_NOT_ROLLED_BACK:
        return kept ? arena_printf(a,
                                   "to go on: runbook resume %s; to take back what stands: runbook "
                                   "rollback %s",
                                   run->id, run->id)
                    : "what still stands is listed above: take it back by hand, or mend the cause "
                      "and "
                      "run the phase again";
    case EXIT_IN_DOUBT:
        return kept && run->halted == HALT_DOUBT ? NULL // the headline says what to type
                                                 : "look at the other side whether the change "
                                                   "arrived before you run anything again";
    }
    if (kept && !v->rolled_back)
        return arena_printf(a, "%s: runbook resume %s",
                            v->stopped ? "to go on" : "mend the cause, then", run->id);
    const char *before = v->stopped ? "to go on" : "mend the cause, then";
    if (left == NOTHING_CHANGED || v->rolled_back || v->step == NULL)
        return arena_printf(a, "%s: runbook %s", before, file);
    return arena_printf(a, "%s: runbook %s --from \"%s\"", before, file, v->step->name);
}

static struct value *counts_value(struct run *run)
{
    struct arena *a = &run->arena;
    const struct run_counts *c = &run->counts;
    const struct {
        const char *name;
        int count;
    } rows[] = {{"steps", c->steps}, {"failed", c->failed}, {"skipped", c->skipped},
                {"reads", c->reads}, {"writes", c->writes}, {"waits", c->waits},
                {"asks", c->asks},   {"checks", c->checks}};
    struct value *v = value_object(a);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        value_set(a, v, rows[i].name, value_int(a, rows[i].count));
    return v;
}

static void tell_end(struct run *run, const struct verdict *v, int code, enum leftover left)
{
    struct arena *a = &run->arena;
    struct value *data = value_object(a);
    const char *outcome = code == EXIT_ROLLED_BACK && v->asked ? "rolled back"
                          : v->stopped                         ? "stopped"
                          : code != EXIT_DONE                  ? "failed"
                          : run->mode->rehearsal               ? "planned"
                                                               : "done";
    value_set(a, data, "outcome", value_string(a, outcome));
    value_set(a, data, "exit", value_int(a, code));
    value_set(a, data, "headline", value_string(a, headline(run, v, code)));
    value_set(a, data, "where", v->failure ? value_get(v->failure, "where") : value_null(a));
    value_set(a, data, "seconds", value_float(a, (double)(clock_wall() - run->started) / 1000));
    value_set(a, data, "counts", counts_value(run));
    value_set(a, data, "not_undone", code == EXIT_DONE ? value_array(a) : run->stays);
    value_set(a, data, "next", value_string(a, next_action(run, v, code, left)));
    value_set(a, data, "planned_seconds", value_float(a, (double)run->skipped_ms / 1000));
    run_tell(run, EVENT_RUN_ENDED, data);
}

// A rollback that was asked for, or was under way when the run was interrupted.
static bool take_back(struct run *run, struct verdict *v)
{
    const struct value *rollback = value_get(run->past, "rollback");
    const struct value *order = value_get(run->past, "order"),
                       *undone = value_get(rollback, "undone");
    if (rollback == NULL || rollback->type == VALUE_NULL)
        return false;
    for (size_t i = 0; i < value_count(order); i++) {
        const struct step *step = outline_step(&run->outline, value_text(value_at(order, i)));
        if (step)
            undo_register(run, step);
    }
    for (size_t i = 0; i < value_count(undone); i++)
        undo_done_before(run, value_text(value_at(undone, i)));
    run->generation = value_get_int(rollback, "generation", 1) - 1;
    v->asked = value_get_text(rollback, "cause");
    v->rollback_failed = !undo_all(run, v->asked);
    return true;
}

static void walk_phases(struct run *run, struct verdict *v)
{
    run->generation = value_get_int(run->past, "generation", 0);
    for (int i = 0; i < run->outline.count; i++)
        if (run->outline.phases[i].selected && !walk_phase(run, &run->outline.phases[i], v))
            return;
}

int run_walk(struct run *run)
{
    struct verdict v = {0};
    if (!take_back(run, &v))
        walk_phases(run, &v);
    bool in_doubt;
    enum leftover left = look_back(run, &in_doubt);
    int code = exit_of(run, &v, left, in_doubt);
    tell_end(run, &v, code, left);
    return code;
}
