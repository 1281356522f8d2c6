#include "engine/approved.h"

#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "engine/effect.h"
#include "engine/identity.h"
#include "engine/likeness.h"
#include "engine/mode.h"
#include "engine/planned.h"
#include "engine/run.h"

enum { SHOWN_BYTES = 300 };

// How far one branch of a step has come in the plan.
struct lane {
    const char *scope, *branch;
    const char *attempt; // the scope with its attempt: another one begins anew
    size_t next;         // index of the first write that may come
};

struct approved {
    struct arena arena;
    const struct value *writes, *readings;
    int64_t made;
    struct lane *lanes;
    size_t lane_count;
    struct value *answers; // for likeness
    bool learned;          // what was answered before the run was interrupted
    struct value *looked;  // at these targets, first: later they are as the plan leaves them
    struct value *changed; // [ { reading, now } ]
};

struct approved *approved_new(const struct value *plan)
{
    struct approved *p = mem_alloc(sizeof *p);
    p->writes = value_get(plan, "writes");
    p->readings = value_get(plan, "readings");
    p->made = value_get_int(plan, "made", 0);
    p->answers = value_array(&p->arena);
    p->looked = value_object(&p->arena);
    p->changed = value_array(&p->arena);
    return p;
}

void approved_free(struct approved *p)
{
    if (p == NULL)
        return;
    free(p->lanes);
    arena_free(&p->arena);
    free(p);
}

static struct lane *lane_of(struct approved *p, const char *scope, const char *branch)
{
    for (size_t i = 0; i < p->lane_count; i++)
        if (strcmp(p->lanes[i].scope, scope) == 0 && strcmp(p->lanes[i].branch, branch) == 0)
            return &p->lanes[i];
    p->lanes = mem_grow(p->lanes, (p->lane_count + 1) * sizeof *p->lanes);
    p->lanes[p->lane_count] = (struct lane){.scope = arena_dup(&p->arena, scope),
                                            .branch = arena_dup(&p->arena, branch),
                                            .attempt = ""};
    return &p->lanes[p->lane_count++];
}

// The first write of the lane at or after index `from`; the count of all when there is none.
static size_t lane_next(const struct approved *p, const struct lane *lane, size_t from)
{
    size_t count = value_count(p->writes);
    for (; from < count; from++) {
        const struct value *w = value_at(p->writes, from);
        if (strcmp(value_get_text(w, "scope"), lane->scope) == 0 &&
            strcmp(value_get_text(w, "lane"), lane->branch) == 0)
            break;
    }
    return from;
}

// What steps did that were finished before the run was interrupted was answered to another process.
static void learn_past(struct approved *p, const struct run *run)
{
    const struct value *steps = value_get(run->past, "steps");
    if (p->learned)
        return;
    p->learned = true;
    for (size_t i = 0; i < value_count(p->writes) && value_count(steps); i++) {
        const struct value *w = value_at(p->writes, i);
        const char *scope = value_get_text(w, "scope"), *colon = strchr(scope, ':');
        const struct value *step = colon ? value_get(steps, colon + 1) : NULL;
        if (strcmp(value_get_text(step, "state"), "ok") == 0)
            likeness_learn(&p->arena, p->answers, value_get(w, "answer"), NULL);
    }
}

static bool is_like(struct likeness *l, const struct value *planned, const struct value *wanted)
{
    static const char *const parts[] = {"kind", "system", "args"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!likeness_holds(l, value_get(planned, parts[i]), value_get(wanted, parts[i]))) {
            l->path = arena_printf(l->arena, "%s%s%s", parts[i], *l->path ? "." : "", l->path);
            return false;
        }
    return true;
}

static const char *cut(struct arena *a, const char *text)
{
    return strlen(text) <= SHOWN_BYTES ? text : arena_printf(a, "%.*s...", SHOWN_BYTES, text);
}

static void refuse(struct effect *e, const struct value *planned, const struct value *wanted,
                   const struct likeness *first)
{
    struct arena *a = &e->arena;
    e->error = "the plan does not contain what the run wants to do here, and so it was not done";
    const char *wants =
        arena_printf(a, "the run wants:  %s  (%s)", value_get_text(wanted, "summary"),
                     value_get_text(wanted, "where"));
    if (planned == NULL) {
        e->detail = arena_printf(a, "the plan has:   no further write in %s\n%s",
                                 value_get_text(wanted, "scope"), wants);
        return;
    }
    e->detail = arena_printf(
        a, "the plan has:   %s  (%s)\n%s\nthey differ in %s\n  planned: %s\n  wanted:  %s",
        value_get_text(planned, "summary"), value_get_text(planned, "where"), wants, first->path,
        cut(a, first->planned), cut(a, first->wanted));
}

bool approved_allows(struct effect *e)
{
    struct approved *p = e->run->approved;
    if (p == NULL || e->access != ACCESS_WRITE || e->run->undoing)
        return true;
    learn_past(p, e->run);
    struct arena *a = &e->arena;
    struct likeness first = {0};
    const struct value *wanted = identity_of(e, a);
    struct lane *lane = lane_of(p, value_get_text(wanted, "scope"), value_get_text(wanted, "lane"));
    if (strcmp(lane->attempt, e->scope) != 0) {
        lane->attempt = arena_dup(&p->arena, e->scope);
        lane->next = 0;
    }
    size_t count = value_count(p->writes), begin = lane_next(p, lane, lane->next);
    for (size_t i = begin; i < count; i = lane_next(p, lane, i + 1)) {
        struct likeness l = {
            .arena = a, .planned_at = p->made, .now = clock_wall(), .answers = p->answers};
        if (is_like(&l, value_at(p->writes, i), wanted)) {
            lane->next = i + 1;
            e->planned = value_at(p->writes, i);
            return true;
        }
        if (i == begin)
            first = l;
    }
    refuse(e, begin < count ? value_at(p->writes, begin) : NULL, wanted, &first);
    return false;
}

static struct value *masked(const struct effect *e, struct arena *a, const struct value *v)
{
    const struct run *run = e->run;
    if (v == NULL)
        return value_null(a);
    return run->masked_value ? run->masked_value(run->mask_arg, a, v) : value_copy(a, v);
}

// Compares an object as it is now with what the plan has read of it.
static void look(struct approved *p, const struct effect *e, const struct value *object)
{
    struct arena *a = &p->arena;
    if (value_get(p->looked, e->target))
        return;
    value_set(a, p->looked, e->target, value_bool(a, true));
    for (size_t i = 0; i < value_count(p->readings); i++) {
        struct value *reading = value_at(p->readings, i);
        const char *path = value_get_text(reading, "path");
        if (strcmp(value_get_text(reading, "target"), e->target) != 0)
            continue;
        struct value *now = masked(e, a, planned_field(a, object, path));
        const struct value *planned = value_get(reading, "value");
        // Of an object that was not there it counts that it is there now, not what it looks like.
        if (planned == NULL || value_equal(planned, now) ||
            (*path == '\0' && planned->type == now->type))
            continue;
        struct value *row = value_object(a);
        value_set(a, row, "reading", reading);
        value_set(a, row, "now", now);
        value_push(a, p->changed, row);
    }
}

void approved_hear(const struct effect *e)
{
    struct approved *p = e->run->approved;
    if (p == NULL)
        return;
    const struct value *object = e->access == ACCESS_WRITE ? e->before : e->result;
    if (e->run->mode->rehearsal && e->target && object && !e->run->undoing)
        look(p, e, object);
    if (e->planned && e->result)
        likeness_learn(&p->arena, p->answers, value_get(e->planned, "answer"), e->result);
}

const struct value *approved_changed(const struct approved *p)
{
    return p->changed;
}
