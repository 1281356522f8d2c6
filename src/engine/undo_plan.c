#include "engine/undo_plan.h"

#include <lauxlib.h>
#include <string.h>

#include "engine/call.h"
#include "engine/mode.h"
#include "engine/run.h"

// Those of the steps that share the undo of the one of that name, itself left out.
static struct value *names_sharing(struct run *run, const char *name)
{
    struct arena *a = &run->arena;
    struct value *names = value_array(a);
    const struct step *step = outline_step(&run->outline, name);
    for (size_t i = 0; i < run->undo.count; i++) {
        const struct step *other = run->undo.entries[i].step;
        if (other != step && other->undo_identity == step->undo_identity &&
            undo_is_due(&run->undo.entries[i]))
            value_push(a, names, value_string(a, other->name));
    }
    return names;
}

static void add_stay(struct run *run, struct value *stays, const struct undo_entry *e)
{
    struct arena *a = &run->arena;
    struct value *row = value_object(a);
    const struct step *step = e->step;
    value_set(a, row, "step", value_string(a, step->name));
    value_set(a, row, "text",
              value_string(a, step->lasting             ? step->lasting
                              : step->undo == LUA_NOREF ? "it has no undo"
                                                        : "`runbook rollback` undoes it"));
    value_set(a, row, "lasting", value_bool(a, step->lasting != NULL));
    value_push(a, stays, row);
}

// Hears what an undo would change.
struct ear {
    struct listener listener;
    struct arena *arena;
    struct value *writes;
};

static void overhear(struct listener *self, const struct event *e)
{
    struct ear *ear = (struct ear *)self;
    if (e->type == EVENT_EFFECT_ENDED && strcmp(value_get_text(e->data, "access"), "write") == 0)
        value_push(ear->arena, ear->writes,
                   value_string(ear->arena, value_get_text(e->data, "summary")));
}

static void undo_rehearse(struct run *run, struct value *row)
{
    struct arena *a = &run->arena;
    struct ear *ear = arena_alloc(a, sizeof *ear);
    *ear = (struct ear){{overhear}, a, value_array(a)};
    const struct step *step = outline_step(&run->outline, value_get_text(row, "step"));
    run->listener = &ear->listener;
    run->phase = step->phase;
    run->step = step;
    run->step_stale = run->step_assumed = false;
    run->scope = scope_make(a, SCOPE_UNDO, step->name, 1, 0);
    const struct value *failure = undo_call(run, step);
    value_set(a, row, "writes", ear->writes);
    value_set(a, row, "problem", failure ? value_get(failure, "text") : value_null(a));
}

// Rehearses all undos, one after the other; afterwards everything is as it was.
static void undos_rehearse(struct run *run, const struct value *undos)
{
    const struct run before = *run;
    void *kept = run->mode->keep(run);
    run->undoing = true;
    for (size_t i = 0; i < value_count(undos) && !run->signal; i++)
        undo_rehearse(run, value_at(undos, i));
    run->mode->restore(run, kept);
    run->undoing = before.undoing;
    run->listener = before.listener;
    run->phase = before.phase;
    run->step = before.step;
    run->scope = before.scope;
    run->counts = before.counts;
    run->skipped_ms = before.skipped_ms;
}

struct value *undo_prospect(struct run *run, bool rollback, bool rehearse)
{
    struct arena *a = &run->arena;
    struct value *path = value_object(a), *undo = value_array(a), *stays = value_array(a);
    const struct value *names = rollback ? undo_names(run) : NULL;
    for (size_t i = 0; i < value_count(names); i++) {
        struct value *row = value_object(a);
        const char *name = value_text(value_at(names, i));
        value_set(a, row, "step", value_string(a, name));
        value_set(a, row, "shared_with", names_sharing(run, name));
        value_push(a, undo, row);
    }
    for (size_t i = 0; i < run->undo.count; i++) {
        const struct undo_entry *e = &run->undo.entries[i];
        if (e->writes && (!rollback || !undo_is_due(e)))
            add_stay(run, stays, e);
    }
    if (rehearse)
        undos_rehearse(run, undo);
    value_set(a, path, "undo", undo);
    value_set(a, path, "stays", stays);
    return path;
}
