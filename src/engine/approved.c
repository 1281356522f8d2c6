#include "engine/approved.h"

#include <stdlib.h>
#include <string.h>

#include "base/code.h"
#include "base/duration.h"
#include "engine/effect.h"
#include "engine/identity.h"
#include "engine/lanes.h"
#include "engine/likeness.h"
#include "engine/mode.h"
#include "engine/planned.h"
#include "engine/quote.h"
#include "engine/run.h"

enum { SHOWN_BYTES = 300 };

struct approved {
    struct arena arena;
    struct lanes writes, foreseen;
    const struct value *readings, *all[2]; // all: the lists behind the lanes
    int64_t made;
    struct value *answers; // for likeness
    bool learned;          // what was answered before the run was interrupted
    struct value *looked;  // at these targets, first: later they are as the plan leaves them
    struct value *changed; // [ { reading, now } ]
};

struct approved *approved_new(const struct value *plan)
{
    struct approved *p = mem_alloc(sizeof *p);
    p->all[0] = value_get(plan, "writes");
    p->all[1] = value_get(plan, "foreseen");
    lanes_fill(&p->writes, &p->arena, p->all[0]);
    lanes_fill(&p->foreseen, &p->arena, p->all[1]);
    p->readings = value_get(plan, "readings");
    p->made = value_get_int(plan, "made", 0);
    p->answers = value_array(&p->arena);
    p->looked = value_object(&p->arena);
    p->changed = value_array(&p->arena);
    return p;
}

void approved_free(struct approved *p)
{
    if (p)
        arena_free(&p->arena);
    free(p);
}

// What steps did that were finished before the run was interrupted was answered to another process.
static void learn_past(struct approved *p, const struct run *run)
{
    if (p->learned || run->past == NULL || run->past->count == 0)
        return;
    p->learned = true;
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < value_count(p->all[k]); i++) {
            const struct value *effect = value_at(p->all[k], i);
            const char *scope = value_get_text(effect, "scope"), *colon = strchr(scope, ':');
            const struct past_step *step = colon ? past_step(run->past, colon + 1) : NULL;
            if (step && step->state == STEP_OK)
                likeness_learn(&p->arena, p->answers, value_get(effect, "answer"), NULL);
        }
    }
}

static struct likeness likeness_of(const struct approved *p, struct arena *a)
{
    return (struct likeness){
        .arena = a, .planned_at = p->made, .now = clock_wall(), .answers = p->answers};
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

static const char *shown(const struct effect *e, struct arena *a, const char *text)
{
    return quote(e->run, a, text, strlen(text), CLIP_TEXT, SHOWN_BYTES);
}

static void refuse(struct effect *e, const struct value *planned, const struct value *wanted,
                   const struct likeness *first)
{
    struct arena *a = &e->arena;
    e->code = CODE_UNAPPROVED;
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
        shown(e, a, first->planned), shown(e, a, first->wanted));
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
    struct lane *lane = lanes_find(&p->writes, wanted);
    if (lane && strcmp(lane->attempt, e->scope.text) != 0) {
        lane->attempt = arena_dup(&p->arena, e->scope.text);
        lane->next = 0;
    }
    for (size_t i = lane ? lane->next : 0; lane && i < lane->count; i++) {
        struct likeness l = likeness_of(p, a);
        if (is_like(&l, lane->effects[i], wanted)) {
            lane->next = i + 1;
            e->planned = lane->effects[i];
            return true;
        }
        if (i == lane->next)
            first = l;
    }
    bool more = lane && lane->next < lane->count;
    refuse(e, more ? lane->effects[lane->next] : NULL, wanted, &first);
    return false;
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
        struct value *now = run_masked(e->run, a, planned_field(a, object, path));
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

// What was answered in place of an answer that the plan could only assume.
static void learn(struct approved *p, const struct effect *e)
{
    struct arena a = {0};
    const struct value *identity = p->foreseen.count ? identity_of(e, &a) : NULL;
    const struct lane *lane = lanes_find(&p->foreseen, identity);
    for (size_t i = 0; lane && i < lane->count; i++) {
        struct likeness l = likeness_of(p, &a);
        if (is_like(&l, lane->effects[i], identity))
            likeness_learn(&p->arena, p->answers, value_get(lane->effects[i], "answer"), e->result);
    }
    arena_free(&a);
}

void approved_hear(const struct effect *e)
{
    struct approved *p = e->run->approved;
    if (p == NULL || e->run->undoing)
        return;
    const struct value *object = e->access == ACCESS_WRITE ? e->before : e->result;
    if (e->run->mode->rehearsal && e->target && object)
        look(p, e, object);
    if (e->planned && e->result) {
        struct arena a = {0};
        likeness_learn(&p->arena, p->answers, value_get(e->planned, "answer"),
                       run_masked(e->run, &a, e->result));
        arena_free(&a);
    }
    if (e->result && (e->access == ACCESS_READ || e->access == ACCESS_HUMAN))
        learn(p, e);
}

void approved_missed(struct approved *p)
{
    struct arena *a = &p->arena;
    for (size_t i = 0; i < value_count(p->readings); i++) {
        struct value *reading = value_at(p->readings, i), *row = value_object(a);
        if (value_get(p->looked, value_get_text(reading, "target")))
            continue;
        value_set(a, row, "reading", reading);
        value_push(a, p->changed, row);
    }
}

const struct value *approved_changed(const struct approved *p)
{
    return p->changed;
}
