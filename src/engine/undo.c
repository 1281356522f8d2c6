#include "engine/undo.h"

#include <assert.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/memory.h"
#include "engine/call.h"
#include "engine/failure.h"
#include "engine/journal.h"
#include "engine/mode.h"
#include "engine/run.h"
#include "engine/step.h"
#include "engine/undo_retry.h"

struct undo_entry *undo_register(struct run *run, const struct step *step)
{
    struct undo *u = &run->undo;
    if (u->count == u->room) {
        u->room = u->room ? u->room * 2 : 16;
        u->entries = mem_grow(u->entries, u->room * sizeof *u->entries);
    }
    const struct past_step *past = past_step(run->past, step->name);
    struct undo_entry *entry = &u->entries[u->count++];
    *entry = (struct undo_entry){.step = step};
    if (past) {
        entry->state = past->state;
        entry->why = past->error;
        entry->withheld = past->withheld;
        entry->writes = past->writes;
        entry->has_before = past->has_before;
        entry->before = past->before;
        entry->before_withheld = past->before_withheld;
        entry->in_doubt = past->in_doubt;
        if (past->result)
            value_set(&run->arena, run->results, step->name, past->result);
    }
    return entry;
}

struct undo_entry *undo_entry(const struct run *run, const char *step)
{
    for (size_t i = run->undo.count; i-- > 0;)
        if (strcmp(run->undo.entries[i].step->name, step) == 0)
            return &run->undo.entries[i];
    return NULL;
}

void undo_recall(struct run *run)
{
    const struct past *past = run->past;
    for (size_t i = 0; past && i < past->count; i++) {
        const struct step *step = outline_step(&run->outline, past->steps[i].name);
        if (step && undo_entry(run, step->name) == NULL)
            undo_register(run, step);
    }
}

bool undo_is_due(const struct undo_entry *e)
{
    return e->writes > 0 && !e->undone && !e->given_up && e->step->undo != LUA_NOREF;
}

// Marks every step that shares the undo function as undone.
static void mark_undone(struct undo *u, const void *identity)
{
    for (size_t i = 0; i < u->count; i++)
        if (u->entries[i].step->undo_identity == identity)
            u->entries[i].undone = true;
}

static bool is_latest_of_its_function(const struct undo *u, size_t index)
{
    for (size_t i = index + 1; i < u->count; i++)
        if (undo_is_due(&u->entries[i]) &&
            u->entries[i].step->undo_identity == u->entries[index].step->undo_identity)
            return false;
    return true;
}

struct value *undo_names(struct run *run)
{
    struct arena *a = &run->arena;
    struct value *names = value_array(a);
    for (size_t i = run->undo.count; i-- > 0;)
        if (undo_is_due(&run->undo.entries[i]) && is_latest_of_its_function(&run->undo, i))
            value_push(a, names, value_string(a, run->undo.entries[i].step->name));
    return names;
}

// Is there anything that a rollback is about, be it only to say that it stands?
static bool has_changes(const struct run *run)
{
    for (size_t i = 0; i < run->undo.count; i++)
        if (run->undo.entries[i].writes > 0)
            return true;
    return false;
}

static void tell_start(struct run *run, const char *cause, bool wished)
{
    struct arena *a = &run->arena;
    struct value *data = value_object(a), *names = undo_names(run);
    value_set(a, data, "cause", value_string(a, cause));
    value_set(a, data, "wished", value_bool(a, wished));
    value_set(a, data, "generation", value_int(a, run->generation));
    value_set(a, data, "steps", names);
    value_set(a, data, "idle", value_bool(a, !has_changes(run)));
    run_tell(run, EVENT_ROLLBACK_STARTED, data);
}

static struct value *in_doubt(struct run *run)
{
    const char *text = arena_printf(&run->arena, "whether it took effect is not known: %s",
                                    run->undo_at_work ? run->undo_at_work : run->undo_doubt);
    return failure_make(
        &run->arena, (struct failure){.kind = FAILURE_EFFECT, .code = CODE_IN_DOUBT, .text = text});
}

static struct scope scope_of(struct run *run, const struct step *step, int attempt)
{
    return scope_make(&run->arena, SCOPE_UNDO, step->name, attempt, run->generation);
}

// The attempt that was under way when the run was interrupted goes on; those before it are over.
static int first_attempt(struct run *run, const struct step *step)
{
    struct journal *journal = run->past ? run->journal : NULL;
    struct journal_entry made;
    for (int attempt = 1;; attempt++) {
        const struct scope next = scope_of(run, step, attempt + 1);
        error_local(err);
        bool found = false;
        if (journal == NULL ||
            !journal->omitted(journal, &next, 0, &made, &run->arena, &found, &err) || !found)
            return attempt;
    }
}

// What was before the change of the steps that share the undo: before the first of them.
static struct call_argument before_of(const struct run *run, const struct step *step)
{
    const struct undo *u = &run->undo;
    for (size_t i = 0; i < u->count; i++) {
        const struct undo_entry *e = &u->entries[i];
        if (e->step->undo_identity == step->undo_identity && e->has_before && !e->undone)
            return (struct call_argument){.value = e->before, .unknown = e->before_withheld};
    }
    return (struct call_argument){
        .unknown = step->before == LUA_NOREF ? NULL : "it was not looked before the change"};
}

// An undo that does nothing takes nothing back, whatever it returns. One that nobody answered is
// tried again like any other.
static struct value *did_nothing(struct run *run, const struct step *step)
{
    if (run->undo_deeds.lost)
        return failure_make(&run->arena,
                            (struct failure){.kind = FAILURE_EFFECT,
                                             .code = CODE_NO_ANSWER,
                                             .text = "its undo did nothing: nobody answered "
                                                     "anything that it sent or asked",
                                             .where = step->where});
    return failure_make(&run->arena,
                        (struct failure){.kind = FAILURE_USAGE,
                                         .text = "its undo did nothing: it neither sent anything "
                                                 "nor looked whether the change still stands",
                                         .where = step->where});
}

// A write that was answered as one that failed has taken nothing back, whatever the undo returns.
static struct value *was_refused(struct run *run, const struct step *step)
{
    const struct undo_deeds *deeds = &run->undo_deeds;
    return failure_make(
        &run->arena,
        (struct failure){.kind = FAILURE_EFFECT,
                         .code = deeds->refused,
                         .text = arena_printf(&run->arena,
                                              "its undo was refused: %s. Where that is as good as "
                                              "done, say so with :expect(...), or look",
                                              deeds->refusal),
                         .where = step->where});
}

// What the undo itself makes of an answer is judged as that answer: whether to try again.
static struct value *by_answer(struct run *run, struct value *failure)
{
    static const char *const own[] = {FAILURE_CHECK, FAILURE_ERROR};
    const char *kind = value_get_text(failure, "kind");
    bool is_own = strcmp(kind, own[0]) == 0 || strcmp(kind, own[1]) == 0;
    if (!is_own || code_sense(value_get_text(failure, "code")) != CODE_IS_OTHER)
        return failure;
    return failure_make(&run->arena, (struct failure){.kind = FAILURE_EFFECT,
                                                      .code = run->undo_deeds.last,
                                                      .text = value_get_text(failure, "text"),
                                                      .where = value_get_text(failure, "where"),
                                                      .detail = value_get_text(failure, "detail")});
}

struct value *undo_call(struct run *run, const struct step *step)
{
    const struct call_argument before = before_of(run, step);
    const struct undo_deeds *deeds = &run->undo_deeds;
    run->undo_deeds = (struct undo_deeds){0};
    struct value *failure = call_function(run, step->undo, step->timeout_ms, &before, NULL);
    if (failure)
        return deeds->last ? by_answer(run, failure) : failure;
    if (deeds->refused)
        return was_refused(run, step);
    return deeds->sent || deeds->looked ? NULL : did_nothing(run, step);
}

// An undo may be made again, and so one that leaves something in doubt is.
static struct value *call_undo(struct run *run, const struct step *step, int attempt)
{
    run->scope = scope_of(run, step, attempt);
    run->undo_in_doubt = false;
    run->undo_doubt = run->undo_at_work = NULL;
    struct value *failure = undo_call(run, step);
    return failure || !run->undo_in_doubt ? failure : in_doubt(run);
}

static void tell_nothing_left(struct run *run)
{
    struct arena *a = &run->arena;
    struct value *data = value_object(a);
    value_set(a, data, "level", value_string(a, "info"));
    value_set(a, data, "text",
              value_string(a, "it sent nothing: it looked, and nothing was left to take back"));
    run_tell(run, EVENT_LOG, data);
}

// Runs the undo of one step, as often as undo_retry.h says. Returns its last failure, or NULL.
static struct value *undo_one(struct run *run, const struct step *step)
{
    struct arena *a = &run->arena;
    int64_t started = clock_steady();
    run->phase = step->phase;
    run->step = step;
    run->step_stale = run->step_assumed = false;
    run_tell(run, EVENT_UNDO_STARTED, NULL);
    int attempt = first_attempt(run, step);
    struct undo_retry retry = {.patience_ms = run->options->undo_patience_ms};
    struct value *failure = call_undo(run, step, attempt);
    while (failure && !run->mode->rehearsal && !run->undo_at_work &&
           undo_retry_wait(run, &retry, failure, attempt))
        failure = call_undo(run, step, ++attempt);
    run->undo_at_work = NULL;
    struct value *data = value_object(a);
    value_set(a, data, "outcome",
              value_string(a, step_state_name(failure ? STEP_FAILED : STEP_OK)));
    value_set(a, data, "error", failure ? failure : value_null(a));
    value_set(a, data, "seconds", value_float(a, (double)(clock_steady() - started) / 1000));
    value_set(a, data, "attempts", value_int(a, attempt));
    if (failure == NULL && run->undo_deeds.sent == 0)
        tell_nothing_left(run);
    run_tell(run, EVENT_UNDO_ENDED, data);
    run->step = NULL;
    run->phase = NULL;
    return failure;
}

// What stands because nothing says how to take it back, and nothing that it may stay.
static void add_standing(struct run *run, struct value *failed)
{
    struct arena *a = &run->arena;
    for (size_t i = 0; i < run->undo.count; i++) {
        const struct undo_entry *e = &run->undo.entries[i];
        if (e->writes == 0 || e->undone || e->step->undo != LUA_NOREF || e->step->lasting)
            continue;
        struct value *row = value_object(a);
        value_set(a, row, "step", value_string(a, e->step->name));
        value_set(a, row, "error", value_string(a, "it has no undo"));
        value_push(a, failed, row);
    }
}

bool undo_all(struct run *run, const char *cause, bool wished)
{
    struct arena *a = &run->arena;
    struct undo *u = &run->undo;
    struct value *failed = value_array(a);
    int undone = 0;
    assert(cause && !run->undoing);
    run->undoing = true;
    memory_make_room();
    if (memory_is_short())
        lua_gc(run->L, LUA_GCCOLLECT); // what the step left behind
    run->generation++;
    tell_start(run, cause, wished);
    for (size_t i = u->count; i-- > 0;) {
        if (!undo_is_due(&u->entries[i]))
            continue;
        const struct step *step = u->entries[i].step;
        struct value *failure = undo_one(run, step);
        if (failure == NULL) {
            mark_undone(u, step->undo_identity);
            undone++;
            continue;
        }
        struct value *row = value_object(a);
        value_set(a, row, "step", value_string(a, step->name));
        value_set(a, row, "error", value_get(failure, "text"));
        value_push(a, failed, row);
        // An earlier step that shares the function would only fail the same way again.
        for (size_t j = 0; j <= i; j++)
            if (u->entries[j].step->undo_identity == step->undo_identity)
                u->entries[j].given_up = true;
    }
    run->undoing = false;
    bool ok = value_count(failed) == 0;
    add_standing(run, failed);
    struct value *data = value_object(a);
    value_set(a, data, "outcome",
              value_string(a, step_state_name(value_count(failed) ? STEP_FAILED : STEP_OK)));
    value_set(a, data, "undone", value_int(a, undone));
    value_set(a, data, "failed", failed);
    run_tell(run, EVENT_ROLLBACK_ENDED, data);
    return ok;
}

void undo_done_before(struct run *run, const char *step)
{
    for (size_t i = 0; i < run->undo.count; i++)
        if (strcmp(run->undo.entries[i].step->name, step) == 0)
            mark_undone(&run->undo, run->undo.entries[i].step->undo_identity);
}

void undo_free(struct undo *u)
{
    free(u->entries);
    *u = (struct undo){0};
}
