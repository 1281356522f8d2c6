#include "engine/ending.h"

#include <lauxlib.h>
#include <string.h>

#include "base/duration.h"
#include "engine/failure.h"
#include "engine/mode.h"
#include "engine/next.h"
#include "engine/run.h"

// Looks through the steps that made writes; notes what stands, on purpose or not.
static enum leftover look_back(struct run *run, bool *in_doubt)
{
    struct arena *a = &run->arena;
    enum leftover left = NOTHING_CHANGED;
    *in_doubt = false;
    if (run->mode->rehearsal && !run->failure_assumed)
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
        const char *why = e->step->lasting             ? e->step->lasting
                          : e->given_up                ? "its undo failed"
                          : e->step->undo == LUA_NOREF ? "it has no undo"
                                                       : "it was not undone";
        if (e->in_doubt)
            why = arena_printf(a, "%s; whether %s took effect is not known", why,
                               e->writes == 1 ? "it" : "all of it");
        value_set(a, row, "step", value_string(a, e->step->name));
        value_set(a, row, "text", value_string(a, why));
        if (e->in_doubt && e->writes == 1)
            value_set(a, row, "in_doubt", value_bool(a, true));
        value_set(a, row, "lasting", value_bool(a, e->step->lasting != NULL));
        value_push(a, run->stays, row);
        if (e->step->lasting == NULL)
            left = SOMETHING_STANDS;
    }
    return left;
}

// Has the plan found one? That a step was taken to fail is none.
static bool has_problem(const struct verdict *v)
{
    return v->rollback_failed ||
           (v->failure && strcmp(value_get_text(v->failure, "kind"), FAILURE_ASSUMED) != 0);
}

static enum exit_code exit_of(const struct run *run, const struct verdict *v, enum leftover left,
                              bool in_doubt)
{
    if (run->mode->rehearsal)
        return v->stopped ? EXIT_SIGNAL : has_problem(v) ? EXIT_CHECK : EXIT_DONE;
    if (v->rollback_failed)
        return EXIT_NOT_ROLLED_BACK;
    if (run->halted == HALT_DIVERGED)
        return EXIT_STALE; // it did nothing: what is in doubt is as it was
    if (in_doubt || run->halted == HALT_DOUBT)
        return EXIT_IN_DOUBT;
    if (run->halted == HALT_UNAPPROVED)
        return EXIT_STALE;
    if (run->halted == HALT_LOCK)
        return EXIT_LOCKED;
    if (run->halted && left == NOTHING_CHANGED)
        return EXIT_INTERNAL;
    if (run->halted && !v->asked)
        return left == ALL_TAKEN_BACK ? EXIT_ROLLED_BACK : EXIT_NOT_ROLLED_BACK;
    if (v->asked)
        return left == SOMETHING_STANDS ? EXIT_NOT_ROLLED_BACK
               : v->wished              ? EXIT_DONE
                                        : EXIT_ROLLED_BACK;
    if (v->stopped)
        return EXIT_SIGNAL;
    if (v->failure == NULL)
        return EXIT_DONE;
    if (failure_is(v->failure, FAILURE_DENIED)) // what ended the run, not what it went on after
        return EXIT_DENIED;
    return left == NOTHING_CHANGED  ? EXIT_CHECK
           : left == ALL_TAKEN_BACK ? EXIT_ROLLED_BACK
                                    : EXIT_NOT_ROLLED_BACK;
}

static const char *headline(struct run *run, const struct verdict *v, enum exit_code code,
                            enum leftover left)
{
    struct arena *a = &run->arena;
    const char *name = run->outline.name;
    const char *why = v->failure ? value_get_text(v->failure, "text") : "";
    const char *step = v->step ? v->step->name : "";
    if (v->asked)
        return arena_printf(a, "%s was rolled back%s: %s", name,
                            code == EXIT_NOT_ROLLED_BACK ? ", but NOT everything"
                            : code == EXIT_IN_DOUBT      ? ", but a change is in doubt"
                                                         : "",
                            v->cause);
    if (run->mode->rehearsal && code == EXIT_DONE && run->failure_assumed)
        return arena_printf(a, "%s is planned as if \"%s\" failed; nothing was changed", name,
                            step);
    if (run->mode->rehearsal && code == EXIT_DONE && run->counts.open)
        return arena_printf(a,
                            "%s is planned as far as the answers go that are declared: %d of %d "
                            "steps want more; nothing was changed",
                            name, run->counts.open, run->counts.steps);
    if (run->mode->rehearsal && v->rollback_failed)
        return arena_printf(a, "the plan of %s has a problem: an undo fails after \"%s\"", name,
                            step);
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
    case EXIT_IN_DOUBT: {
        const struct undo_entry *e = next_doubtful(run);
        if (run->halted || e == NULL || (e->doubt == NULL && *why))
            return why;
        return arena_printf(a, "in doubt: \"%s\" sent \"%s\", and its outcome is not known",
                            e->step->name, e->doubt ? e->doubt : "a change");
    }
    case EXIT_INTERNAL:
        return arena_printf(a, "%s was halted: %s", name,
                            run->journal_error ? run->journal_error : why);
    case EXIT_STALE:
    case EXIT_LOCKED:
        return arena_printf(a, "%s was halted in \"%s\"%s: %s", name, step,
                            !v->rolled_back || left == NOTHING_CHANGED ? ""
                            : left == SOMETHING_STANDS ? ", and NOT everything was rolled back"
                                                       : ", and the changes were rolled back",
                            why);
    case EXIT_DENIED:
        return arena_printf(a, "not approved in \"%s\": %s", step, why);
    case EXIT_SIGNAL:
        return arena_printf(
            a, "%s was stopped by a signal%s", name,
            v->rolled_back && left == ALL_TAKEN_BACK ? " and the changes were rolled back" : "");
    case EXIT_USAGE:
    case EXIT_LOAD:
        break; // such a run does not begin
    }
    return why;
}

static struct value *counts_value(struct run *run)
{
    struct arena *a = &run->arena;
    const struct run_counts *c = &run->counts;
    const struct {
        const char *name;
        int count;
    } rows[] = {{"steps", c->steps}, {"failed", c->failed}, {"skipped", c->skipped},
                {"reads", c->reads}, {"writes", c->writes}, {"unchanged", c->unchanged},
                {"waits", c->waits}, {"asks", c->asks},     {"checks", c->checks}};
    struct value *v = value_object(a);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        value_set(a, v, rows[i].name, value_int(a, rows[i].count));
    return v;
}

// A plan that was to be written down and cannot be has failed, and nothing can be applied.
static int keep_plan(struct run *run, struct value *data, int number)
{
    struct arena *a = &run->arena;
    error_local(err);
    if (run->keep == NULL || number != EXIT_DONE || run->keep(run->keep_arg, data, &err))
        return number;
    value_set(a, data, "outcome", value_string(a, "failed"));
    value_set(a, data, "exit", value_int(a, EXIT_USAGE));
    value_set(a, data, "headline",
              value_string(a, arena_printf(a, "the plan was not written: %s", error_text(&err))));
    value_set(a, data, "next", value_null(a));
    return EXIT_USAGE;
}

int ending_tell(struct run *run, const struct verdict *v)
{
    bool in_doubt;
    enum leftover left = look_back(run, &in_doubt);
    enum exit_code code = exit_of(run, v, left, in_doubt);
    int number = code == EXIT_SIGNAL ? EXIT_SIGNAL + run->signal : (int)code;
    struct arena *a = &run->arena;
    struct value *data = value_object(a);
    bool undone = v->asked && (code == EXIT_DONE || code == EXIT_ROLLED_BACK);
    const char *outcome = undone                 ? "rolled back"
                          : v->stopped           ? "stopped"
                          : code != EXIT_DONE    ? "failed"
                          : run->mode->rehearsal ? "planned"
                                                 : "done";
    value_set(a, data, "outcome", value_string(a, outcome));
    value_set(a, data, "exit", value_int(a, number));
    value_set(a, data, "headline", value_string(a, headline(run, v, code, left)));
    value_set(a, data, "where", v->failure ? value_get(v->failure, "where") : value_null(a));
    value_set(a, data, "seconds", value_float(a, (double)(clock_wall() - run->started) / 1000));
    value_set(a, data, "counts", counts_value(run));
    bool good = code == EXIT_DONE && !undone;
    value_set(a, data, "not_undone", good ? value_array(a) : run->stays);
    value_set(a, data, "next", value_string(a, next_action(run, v, code, left)));
    value_set(a, data, "planned_seconds", value_float(a, (double)run->skipped_ms / 1000));
    number = keep_plan(run, data, number);
    run_tell(run, EVENT_RUN_ENDED, data);
    return number;
}
