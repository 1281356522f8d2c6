#include "engine/step_before.h"

#include <lauxlib.h>
#include <string.h>

#include "engine/call.h"
#include "engine/failure.h"
#include "engine/journal.h"
#include "engine/mode.h"
#include "engine/run.h"

// A plan does not know all that a run will; then the undo is planned as one that must not look.
static bool is_unknown(const struct run *run, const struct value *failure)
{
    return run->mode->rehearsal && strcmp(value_get_text(failure, "kind"), FAILURE_UNKNOWN) == 0;
}

// An undo that runs in another process must get the very same.
static struct value *keep(struct run *run, const struct step *step, const struct value *before)
{
    struct arena *a = &run->arena;
    error_local(err);
    const char *why = run->unkeepable ? run->unkeepable(run->mask_arg, before) : NULL;
    if (why)
        return failure_make(
            a, (struct failure){
                   .kind = FAILURE_USAGE,
                   .text = arena_printf(a,
                                        "what the `before` of \"%s\" returned cannot be kept for "
                                        "its undo: %s. Nothing was changed. Return what the undo "
                                        "needs, as plain text and numbers",
                                        step->name, why),
                   .where = step->where});
    if (run->journal == NULL || run->journal->before(run->journal, step->name, before, &err))
        return NULL;
    run_halt(run, HALT_JOURNAL, error_text(&err), step->where, NULL);
    return run->halted_by;
}

struct value *step_before(struct run *run, const struct step *step, int attempt)
{
    struct undo_entry *entry = undo_entry(run, step->name);
    struct value *before = NULL;
    if (step->before == LUA_NOREF || entry->has_before)
        return NULL;
    if (entry->writes > 0) { // by a source that had no `before`: it is too late to look
        entry->has_before = true;
        entry->before_withheld = "the step had made a change before it was looked";
        return NULL;
    }
    run->scope = scope_make(&run->arena, SCOPE_BEFORE, step->name, attempt, 0);
    struct value *failure = call_function(run, step->before, step->timeout_ms, NULL, &before);
    bool unknown = failure && is_unknown(run, failure);
    if (failure && !unknown)
        return failure;
    if (!unknown && (failure = keep(run, step, before)) != NULL)
        return failure;
    entry->has_before = true;
    entry->before = before;
    entry->before_withheld = unknown ? "a plan does not know what it will return" : NULL;
    return NULL;
}
