#include "engine/next.h"

#include <string.h>

#include "base/file.h"
#include "base/shell.h"
#include "engine/ending.h"
#include "engine/journal.h"
#include "engine/mode.h"
#include "engine/run.h"

const struct undo_entry *next_doubtful(const struct run *run)
{
    for (size_t i = 0; i < run->undo.count; i++)
        if (run->undo.entries[i].in_doubt && !run->undo.entries[i].undone)
            return &run->undo.entries[i];
    return NULL;
}

const char *next_settle(struct run *run, const char *summary, long long seq)
{
    const char *resume = run_command(run, "resume");
    return arena_printf(&run->arena,
                        "look whether \"%s\" took effect, then one of\n%s --resolve %lld=done\n"
                        "%s --resolve %lld=not-done\n%s --resolve %lld=retry",
                        summary, resume, seq, resume, seq, resume, seq);
}

const char *next_answer(struct run *run, const char *summary, long long seq)
{
    const char *resume = run_command(run, "resume");
    return arena_printf(&run->arena,
                        "go on without the answer of \"%s\", or send it again: one of\n"
                        "%s --resolve %lld=done\n%s --resolve %lld=retry",
                        summary, resume, seq, resume, seq);
}

// "runbook VERB limit.lua --values F BEHIND"; what is "" is left out.
static const char *anew(struct run *run, const char *verb, const char *behind)
{
    struct buf text = {0};
    buf_printf(&text, "runbook%s%s ", *verb ? " " : "", verb);
    if (run->again)
        buf_puts(&text, run->again);
    else
        shell_word(&text, run->options->file);
    buf_printf(&text, "%s%s", *behind ? " " : "", behind);
    const char *words = arena_copy(&run->arena, buf_text(&text), text.len);
    buf_free(&text);
    return words;
}

static const char *of_plan(struct run *run)
{
    struct buf text = {0};
    if (run->options->out == NULL)
        return anew(run, "", "");
    if (!file_stays(run->options->out)) // whoever reads there knows where it has gone
        return "runbook apply PLAN.json";
    buf_puts(&text, "runbook apply");
    shell_word(&text, run->options->out);
    const char *words = arena_copy(&run->arena, buf_text(&text), text.len);
    buf_free(&text);
    return words;
}

// From the step that failed on, unless that alone was asked for.
static const char *from_there(struct run *run, const struct step *step)
{
    struct buf option = {0};
    buf_puts(&option, "--from");
    shell_word(&option, step->name);
    const char *words = anew(run, "", run->options->only ? "" : buf_text(&option));
    buf_free(&option);
    return words;
}

// How a person settles what is in doubt. While a run goes forward, `resume` itself says so.
static const char *next_in_doubt(struct run *run, const struct verdict *v)
{
    struct arena *a = &run->arena;
    const struct undo_entry *e = next_doubtful(run);
    struct journal_entry open;
    if (run->halted == HALT_DOUBT && run->settle)
        return run->settle;
    if (run->halted == HALT_DOUBT) // what makes the change is still at it
        return arena_printf(a, "have that process end, then: %s", run_command(run, "resume"));
    if (!v->rolled_back && !v->asked)
        return arena_printf(
            a, "look at the other side whether the change arrived; how to tell it says: %s",
            run_command(run, "resume"));
    error_local(err);
    bool found;
    if (e == NULL || !run->journal->open(run->journal, e->step->name, &open, a, &found, &err) ||
        !found)
        return NULL;
    return next_settle(run, open.summary, (long long)open.seq);
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

// A run that began, and has neither come to its end nor been taken back by a person.
static const char *next_after(struct run *run, const struct verdict *v, enum leftover left)
{
    struct arena *a = &run->arena;
    bool goes_on = run->journal && !v->rolled_back, stopped = v->stopped && !run->halted;
    const char *before = !stopped  ? arena_printf(a, "%s, then", what_to_mend(run))
                         : goes_on ? "to go on"
                                   : "to do it anew";
    if (goes_on)
        return arena_printf(a, "%s: %s", before, run_command(run, "resume"));
    if (run->approved)
        return arena_printf(a, "%s, plan it anew: %s", stopped ? "to do it" : what_to_mend(run),
                            anew(run, "plan", "-o PLAN.json"));
    if (left == NOTHING_CHANGED || v->rolled_back || v->step == NULL)
        return arena_printf(a, "%s: %s", before, anew(run, "", ""));
    return arena_printf(a, "%s: %s", stopped ? "to go on" : before, from_there(run, v->step));
}

const char *next_action(struct run *run, const struct verdict *v, enum exit_code code,
                        enum leftover left)
{
    struct arena *a = &run->arena;
    bool kept = run->journal != NULL;
    if (run->mode->rehearsal)
        return code != EXIT_DONE || run->failure_assumed
                   ? NULL
                   : arena_printf(a, "to do it: %s", of_plan(run));
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
            return arena_printf(a, "plan anew: %s", anew(run, "plan", "-o PLAN.json"));
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
        return kept ? arena_printf(a, "%s%sto go on: %s\nto take back what stands: %s",
                                   run->halted ? what_to_mend(run) : "",
                                   run->halted ? ", then " : "", run_command(run, "resume"),
                                   run_command(run, "rollback"))
                    : "what still stands is listed above: take it back by hand, or mend the cause "
                      "and run the phase again";
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
    return next_after(run, v, left);
}
