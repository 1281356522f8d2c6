// plan: reads are done, writes are not. A write is rehearsed by the other side where that is
// possible, and what it would leave behind answers later reads of the same object; any other read
// from a system that a suppressed write would have changed is answered by what the author declared,
// or marked as taken before the change. What nothing answers is unknown.
#include <stdlib.h>
#include <string.h>

#include "engine/effect.h"
#include "engine/mode.h"
#include "engine/prospect.h"
#include "engine/run.h"

static struct prospect *prospect_of(struct run *run)
{
    if (run->mode_state == NULL)
        run->mode_state = mem_alloc(sizeof(struct prospect));
    return run->mode_state;
}

static void answer(struct effect *e, const char *basis, const struct value *result)
{
    e->basis = basis;
    e->result = value_copy(&e->arena, result);
    effect_end(e);
}

// May the read see what a write that the plan has not made would have changed?
static bool follows_change(const struct effect *e, const struct prospect *p)
{
    return e->kind->roams && !e->apart ? prospect_touched_any(p) : prospect_touched(p, e->system);
}

// Offline nobody is asked, save a world file about what goes by HTTP.
static bool may_ask(const struct effect *e)
{
    const struct run_options *o = e->run->options;
    return !o->offline || (o->world && e->kind->fetches);
}

static void read_answer(struct effect *e, const struct prospect *p)
{
    const struct would_be *w = prospect_find(p, e->target);
    bool ask = may_ask(e);
    if (w && (!w->partial || !ask)) {
        answer(e, "planned", w->object);
    } else if (e->assume && (!ask || (w == NULL && follows_change(e, p)))) {
        answer(e, "declared", e->assume);
    } else if (ask) {
        effect_start(e);
    } else {
        e->unknown = true;
        effect_end(e);
    }
}

static bool rests_on_plan(const struct effect *e, const struct prospect *p)
{
    for (size_t i = 0; e->kind->rests_on && e->system && i < p->count; i++)
        if (strcmp(p->objects[i].system, e->system) == 0 &&
            e->kind->rests_on(e, p->objects[i].object))
            return true;
    return false;
}

static void write_not(struct effect *e, struct prospect *p)
{
    const struct would_be *w = prospect_find(p, e->target);
    e->suppressed = true;
    e->before = w ? value_copy(&e->arena, w->object) : NULL;
    e->rests = rests_on_plan(e, p);
    e->stale = e->local && prospect_touched(p, e->system);
    if (!e->refused)
        prospect_touch(p, e->local ? "this machine" : e->system);
    if (e->assume) {
        answer(e, "declared", e->assume);
        return;
    }
    e->alone = !may_ask(e);
    if (e->kind->rehearse) {
        e->performing = true;
        if (e->kind->rehearse(e))
            return;
    }
    effect_end(e);
}

// What a person says: as declared, else as a run would take it without one.
static void person_answer(struct effect *e)
{
    const struct value *assumed = e->assume ? e->assume : value_get(e->args, "assumed");
    e->basis = e->assume ? "declared" : NULL;
    e->unknown = assumed == NULL;
    e->result = value_copy(&e->arena, assumed);
    effect_end(e);
}

static void perform(struct effect *e)
{
    struct run *run = e->run;
    struct prospect *p = prospect_of(run);
    switch (e->access) {
    case ACCESS_READ:
        read_answer(e, p);
        break;
    case ACCESS_WRITE:
        write_not(e, p);
        break;
    case ACCESS_TIME:
        run->skipped_ms += value_get_int(e->args, "ms", 0);
        e->result = value_int(&e->arena, run_now(run));
        effect_end(e);
        break;
    case ACCESS_HUMAN:
        person_answer(e);
        break;
    }
}

// A read has come back: what it tells of objects that the plan has changed is brought up to date.
static void read_amend(struct effect *e, const struct prospect *p)
{
    bool amended = false;
    for (size_t i = 0; e->kind->amend && e->result && !e->basis && i < p->count; i++)
        if (e->system && strcmp(p->objects[i].system, e->system) == 0)
            amended |= e->kind->amend(e, p->objects[i].target, p->objects[i].object);
    if (amended)
        e->basis = "planned";
    else if (!e->basis && !e->unknown)
        e->stale = follows_change(e, p);
}

// A write that was not made has come back: later reads of the object see what it would be.
static void write_keep(struct effect *e, struct prospect *p)
{
    const struct would_be w = {e->target, e->system, e->would_be, e->would_be_partial};
    e->unknown = e->assume == NULL && e->would_be == NULL;
    if (e->would_be && e->target)
        prospect_keep(p, &w);
    else
        prospect_forget(p, e->target);
}

static const char unseen[] = "a run whose probe says that it was done does not know its answer: "
                             "declare `assume`, or let the probe return it";

// What a runbook reads of an answer that nobody has seen ends its step.
static void warn_unseen(struct effect *e)
{
    if (e->has_probe && e->assume == NULL && e->error == NULL)
        e->note = e->note ? arena_printf(&e->arena, "%s; %s", e->note, unseen) : unseen;
}

static void ended(struct effect *e)
{
    struct prospect *p = prospect_of(e->run);
    if (e->access == ACCESS_READ && !e->cancelled)
        read_amend(e, p);
    if (e->suppressed && !e->error && !e->refused)
        write_keep(e, p);
    if (e->suppressed)
        warn_unseen(e);
    e->run->step_stale |= e->stale;
    e->run->counts.refusals += e->suppressed && e->assume && e->refused;
    bool asked = e->performing && e->access <= ACCESS_WRITE;
    if (asked && e->run->options->world && !e->basis && !e->unknown)
        e->basis = "world";
    e->run->step_assumed |= e->basis != NULL;
}

static void *plan_keep(struct run *run)
{
    return prospect_copy(prospect_of(run));
}

static void plan_restore(struct run *run, void *kept)
{
    prospect_restore(prospect_of(run), kept);
}

static void plan_close(struct run *run)
{
    if (run->mode_state)
        prospect_free(run->mode_state);
    free(run->mode_state);
    run->mode_state = NULL;
}

const struct mode mode_plan = {.name = "plan",
                               .rehearsal = true,
                               .perform = perform,
                               .ended = ended,
                               .keep = plan_keep,
                               .restore = plan_restore,
                               .close = plan_close};
