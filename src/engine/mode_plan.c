// plan: reads are done, writes are not. A write is rehearsed by the other side where that is
// possible, and what it would leave behind answers later reads of the same object; any other read
// from a system that a suppressed write would have changed is marked as taken before the change.
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "engine/effect.h"
#include "engine/mode.h"
#include "engine/run.h"

struct would_be {
    const char *target;
    struct value *object; // VALUE_NULL: deleted
};

struct plan {
    struct arena arena;
    struct would_be *objects;
    size_t objects_count;
    const char **systems; // written to, had the plan been a run
    size_t systems_count;
};

static struct plan *plan_of(struct run *run)
{
    if (run->mode_state == NULL)
        run->mode_state = mem_alloc(sizeof(struct plan));
    return run->mode_state;
}

static struct would_be *object_find(struct plan *p, const char *target)
{
    for (size_t i = 0; target && i < p->objects_count; i++)
        if (strcmp(p->objects[i].target, target) == 0)
            return &p->objects[i];
    return NULL;
}

static void object_keep(struct plan *p, const char *target, const struct value *object)
{
    struct would_be *w = object_find(p, target);
    if (w == NULL) {
        p->objects = mem_grow(p->objects, (p->objects_count + 1) * sizeof *w);
        w = &p->objects[p->objects_count++];
        w->target = arena_dup(&p->arena, target);
    }
    w->object = value_copy(&p->arena, object);
}

static bool system_written(const struct plan *p, const char *system)
{
    for (size_t i = 0; system && i < p->systems_count; i++)
        if (strcmp(p->systems[i], system) == 0)
            return true;
    return false;
}

static void system_mark(struct plan *p, const char *system)
{
    if (system == NULL || system_written(p, system))
        return;
    p->systems = mem_grow(p->systems, (p->systems_count + 1) * sizeof *p->systems);
    p->systems[p->systems_count++] = arena_dup(&p->arena, system);
}

static void read_live(struct effect *e, struct plan *p)
{
    struct would_be *w = object_find(p, e->target);
    if (w) {
        e->assumed = true;
        e->result = value_copy(&e->arena, w->object);
        effect_end(e);
        return;
    }
    e->stale = system_written(p, e->system);
    if (e->stale)
        e->run->step_stale = true;
    effect_start(e);
}

static void write_not(struct effect *e, struct plan *p)
{
    const struct would_be *w = object_find(p, e->target);
    e->suppressed = true;
    e->before = w ? value_copy(&e->arena, w->object) : NULL;
    system_mark(p, e->system);
    if (e->assume) {
        e->assumed = true;
        e->result = e->assume;
    } else if (e->kind->rehearse) {
        e->performing = true;
        if (e->kind->rehearse(e))
            return;
    }
    effect_end(e);
}

static void perform(struct effect *e)
{
    struct run *run = e->run;
    struct plan *p = plan_of(run);
    switch (e->access) {
    case ACCESS_READ:
        read_live(e, p);
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
        e->result = value_copy(&e->arena, value_get(e->args, "assumed"));
        effect_end(e);
        break;
    }
}

// A rehearsed write has come back: later reads of the object see what it would be.
static void ended(struct effect *e)
{
    if (e->suppressed && e->would_be && e->target)
        object_keep(plan_of(e->run), e->target, e->would_be);
}

static void plan_close(struct run *run)
{
    struct plan *p = run->mode_state;
    if (p == NULL)
        return;
    arena_free(&p->arena);
    free(p->objects);
    free(p->systems);
    free(p);
    run->mode_state = NULL;
}

const struct mode mode_plan = {
    .name = "plan", .rehearsal = true, .perform = perform, .ended = ended, .close = plan_close};
