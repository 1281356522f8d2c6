#include "engine/ending.h"

#include <lauxlib.h>
#include <string.h>

#include "base/duration.h"
#include "engine/failure.h"
#include "engine/journal.h"
#include "engine/mode.h"
#include "engine/run.h"

enum leftover { NOTHING_CHANGED, ALL_TAKEN_BACK, SOMETHING_STANDS };

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
    if (in_doubt || run->halted == HALT_DOUBT)
        return EXIT_IN_DOUBT;
    if (run->halted == HALT_DIVERGED || run->halted == HALT_UNAPPROVED)
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

// The change of which nobody knows whether it was made: of which step, and what.
static const struct undo_entry *doubtful(const struct run *run)
{
    for (size_t i = 0; i < run->undo.count; i++)
        if (run->undo.entries[i].in_doubt && !run->undo.entries[i].undone)
            return &run->undo.entries[i];
    return NULL;
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
        const struct undo_entry *e = doubtful(run);
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
                            !v->rolled_back            ? ""
                            : left == SOMETHING_STANDS ? ", and NOT everything was rolled back"
                                                       : ", and the changes were rolled back",
                            why);
    case EXIT_DENIED:
        return arena_printf(a, "not approved in \"%s\": %s", step, why);
    case EXIT_SIGNAL:
        return arena_printf(
            a, "%s was stopped by a signal%s", name,
            v->rolled_back && left != SOMETHING_STANDS ? " and the changes were rolled back" : "");
    case EXIT_USAGE:
    case EXIT_LOAD:
        break; // such a run does not begin
    }
    return why;
}

// How a person settles what is in doubt. While a run goes forward, `resume` itself says so.
static const char *next_in_doubt(struct run *run, const struct verdict *v)
{
    struct arena *a = &run->arena;
    const struct undo_entry *e = doubtful(run);
    struct journal_entry open;
    if (run->halted == HALT_DOUBT)
        return NULL; // the headline says what to type
    if (!v->rolled_back && !v->asked)
        return arena_printf(a,
                            "look at the other side whether the change arrived, then: %s, which "
                            "says how to tell it",
                            run_command(run, "resume"));
    error_local(err);
    bool found;
    if (e == NULL || !run->journal->open(run->journal, e->step->name, &open, a, &found, &err) ||
        !found)
        return NULL;
    return arena_printf(a,
                        "look whether \"%s\" took effect, then: %s --resolve %lld=done, =not-done "
                        "or =retry",
                        open.summary, run_command(run, "resume"), (long long)open.seq);
}

// What is in the way of a run that was halted, or failed.
static const char *what_to_mend(const struct run *run)
{
    switch (run->halted) {
    case HALT_JOURNAL:
        return "make room for the journal or mend it";
    case HALT_MEMORY:
        return "give it more memory";
    case HALT_NOT:
    case HALT_DIVERGED:
    case HALT_DOUBT:
    case HALT_LOCK:
    case HALT_UNAPPROVED:
        return "mend the cause";
    }
    return "";
}

static const char *next_action(struct run *run, const struct verdict *v, enum exit_code code,
                               enum leftover left)
{
    struct arena *a = &run->arena;
    const char *file = run->options->file;
    bool kept = run->journal != NULL;
    if (run->mode->rehearsal)
        return code != EXIT_DONE || run->failure_assumed ? NULL
               : run->options->out
                   ? arena_printf(a, "to do it: runbook apply %s", run->options->out)
                   : arena_printf(a, "to do it: runbook %s", file);
    if (v->asked && code == EXIT_NOT_ROLLED_BACK && !v->rollback_failed && !run->halted)
        return "nothing says how to take back what stands: take it back by hand";
    if (v->asked && code != EXIT_DONE && code != EXIT_ROLLED_BACK && code != EXIT_IN_DOUBT && kept)
        return arena_printf(a, "mend what is in the way, then: %s", run_command(run, "rollback"));
    switch (code) {
    case EXIT_DONE:
    case EXIT_ROLLED_BACK:
        if (v->asked || code == EXIT_DONE)
            return NULL;
        break;
    case EXIT_STALE:
        if (left != SOMETHING_STANDS)
            return arena_printf(a, "plan anew: runbook plan %s -o PLAN.json", file);
        return run->proves ? arena_printf(a, "to go on with the source it began with: %s",
                                          run_command(run, "resume"))
                           : arena_printf(a, "to take back what was done: %s",
                                          run_command(run, "rollback"));
    case EXIT_LOCKED:
        if (kept)
            return arena_printf(a, "when no other run is under way, go on: %s",
                                run_command(run, "resume"));
        break;
    case EXIT_NOT_ROLLED_BACK:
        if (kept && v->rollback_failed)
            return arena_printf(a, "mend what is in the way, then: %s",
                                run_command(run, "rollback"));
        return kept ? arena_printf(a, "%s%sto go on: %s; to take back what stands: %s",
                                   run->halted ? what_to_mend(run) : "",
                                   run->halted ? ", then " : "", run_command(run, "resume"),
                                   run_command(run, "rollback"))
                    : "what still stands is listed above: take it back by hand, or mend the cause "
                      "and "
                      "run the phase again";
    case EXIT_IN_DOUBT:
        return kept ? next_in_doubt(run, v)
                    : "look at the other side whether the change arrived before you run anything "
                      "again";
    case EXIT_INTERNAL:
    case EXIT_USAGE:
    case EXIT_LOAD:
    case EXIT_CHECK:
    case EXIT_DENIED:
    case EXIT_SIGNAL:
        break;
    }
    const char *before =
        v->stopped && !run->halted ? "to go on" : arena_printf(a, "%s, then", what_to_mend(run));
    if (kept && !v->rolled_back)
        return arena_printf(a, "%s: %s", before, run_command(run, "resume"));
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
    run_tell(run, EVENT_RUN_ENDED, data);
    return number;
}
