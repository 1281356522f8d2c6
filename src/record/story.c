#include "record/story.h"

#include <stdlib.h>
#include <string.h>

#include "record/words.h"

enum { SAME_FIGURE_MS = 5000 }; // a figure that stays as it is needs no point more often

struct story {
    struct arena arena;
    struct value *root, *step; // step: the one under way, or the undo; NULL outside of one
    int64_t began, step_began;
};

struct story *story_new(void)
{
    struct story *s = mem_alloc(sizeof *s);
    struct arena *a = &s->arena;
    s->root = value_object(a);
    value_set(a, s->root, "runbook", value_string(a, RUNBOOK_VERSION));
    value_set(a, s->root, "run", value_object(a));
    value_set(a, s->root, "end", value_null(a));
    value_set(a, s->root, "phases", value_array(a));
    value_set(a, s->root, "rollback", value_null(a));
    value_set(a, s->root, "logs", value_array(a));
    return s;
}

void story_free(struct story *s)
{
    if (s)
        arena_free(&s->arena);
    free(s);
}

static void set_text(struct story *s, struct value *object, const char *key, const char *text)
{
    value_set(&s->arena, object, key, value_string(&s->arena, text));
}

static void set_instant(struct story *s, struct value *object, const char *key, int64_t at)
{
    char text[WORDS_SIZE];
    set_text(s, object, key, words_instant(at, text));
}

static void set_seconds(struct story *s, struct value *object, const char *key, int64_t ms)
{
    value_set(&s->arena, object, key, value_float(&s->arena, (double)ms / 1000));
}

// Sets every member of `data` in `object`.
static void merge(struct story *s, struct value *object, const struct value *data)
{
    for (size_t i = 0; data && data->type == VALUE_OBJECT && i < data->object.count; i++)
        value_set(&s->arena, object, data->object.members[i].key,
                  value_copy(&s->arena, data->object.members[i].value));
}

// The item of `list` with this name; a new one that was not run when there is none.
static struct value *named(struct story *s, struct value *list, const char *name)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (strcmp(value_get_text(value_at(list, i), "name"), name) == 0)
            return value_at(list, i);
    struct value *item = value_object(&s->arena);
    set_text(s, item, "name", name);
    set_text(s, item, "outcome", "not run");
    value_push(&s->arena, list, item);
    return item;
}

// The list at `key`, made when it is not there.
static struct value *list_of(struct story *s, struct value *object, const char *key)
{
    struct value *list = value_get(object, key);
    if (list == NULL) {
        list = value_array(&s->arena);
        value_set(&s->arena, object, key, list);
    }
    return list;
}

static struct value *phase_of(struct story *s, const char *name)
{
    return named(s, value_get(s->root, "phases"), name ? name : "");
}

static void hear_run(struct story *s, const struct event *e)
{
    struct value *run = value_get(s->root, "run");
    const struct value *phases = value_get(e->data, "phases");
    merge(s, run, e->data);
    value_remove(run, "phases");
    set_instant(s, run, "started", e->at);
    s->began = e->at;
    for (size_t i = 0; i < value_count(phases); i++) {
        const struct value *steps = value_get(value_at(phases, i), "steps");
        struct value *phase = phase_of(s, value_get_text(value_at(phases, i), "name"));
        for (size_t j = 0; j < value_count(steps); j++)
            named(s, list_of(s, phase, "steps"), value_get_text(value_at(steps, j), "name"));
    }
}

static void hear_phase(struct story *s, const struct event *e)
{
    struct value *phase = phase_of(s, e->phase);
    if (e->type == EVENT_PHASE_STARTED) {
        set_text(s, phase, "outcome", "stopped");
        set_instant(s, phase, "started", e->at);
    }
    merge(s, phase, e->data);
}

// Makes the step of the event the one under way.
static void step_begin(struct story *s, const struct event *e)
{
    const char *name = e->step ? e->step : "";
    if (e->type == EVENT_UNDO_STARTED) {
        struct value *rollback = value_get(s->root, "rollback");
        struct value *undo = value_object(&s->arena);
        set_text(s, undo, "name", name);
        value_push(&s->arena, list_of(s, rollback, "undos"), undo);
        s->step = undo;
    } else {
        s->step = named(s, list_of(s, phase_of(s, e->phase), "steps"), name);
    }
    set_text(s, s->step, "outcome", "stopped");
    if (value_get(s->step, "started"))
        return; // another attempt
    s->step_began = e->at;
    set_seconds(s, s->step, "begins", e->at - s->began);
    set_instant(s, s->step, "started", e->at);
}

// A bake that a breach cut short has judged no other gate: its last figures stand for those.
static void add_unjudged(struct story *s)
{
    const struct value *figures = value_get(s->step, "figures");
    for (size_t i = 0; i < value_count(figures); i++) {
        const struct value *figure = value_at(figures, i), *points = value_get(figure, "points");
        if (*value_get_text(figure, "limit") == '\0' || value_count(points) == 0)
            continue;
        struct value *gate = named(s, list_of(s, s->step, "gates"), value_get_text(figure, "name"));
        value_remove(gate, "outcome");
        if (value_get(gate, "limit"))
            continue;
        value_set(&s->arena, gate, "limit", value_get(figure, "limit"));
        merge(s, gate, value_at(points, value_count(points) - 1));
        value_remove(gate, "seconds");
    }
}

static void step_end(struct story *s, const struct event *e)
{
    const struct value *retry_in = value_get(e->data, "retry_in");
    if (retry_in && retry_in->type != VALUE_NULL)
        value_push(&s->arena, list_of(s, s->step, "retries"), value_copy(&s->arena, e->data));
    else
        merge(s, s->step, e->data);
    add_unjudged(s);
    s->step = NULL;
}

// Keeps what an event told in the list at `key`.
static struct value *keep(struct story *s, struct value *owner, const char *key,
                          const struct event *e)
{
    struct value *told = value_object(&s->arena);
    merge(s, told, e->data);
    set_instant(s, told, "at", e->at);
    value_push(&s->arena, list_of(s, owner, key), told);
    return told;
}

static void hear_effect(struct story *s, const struct event *e)
{
    bool quiet = value_get_bool(e->data, "quiet", false);
    bool read = strcmp(value_get_text(e->data, "access"), "read") == 0;
    bool done = strcmp(value_get_text(e->data, "outcome"), "done") == 0;
    bool full = value_count(value_get(s->step, "effects")) >= STORY_MOST_EFFECTS;
    if (quiet && done)
        return;
    if (full && read && done)
        value_set(&s->arena, s->step, "effects_left_out",
                  value_int(&s->arena, value_get_int(s->step, "effects_left_out", 0) + 1));
    else
        value_remove(keep(s, s->step, "effects", e), "quiet");
}

// Leaves out every other point, but never the last.
static void points_thin(struct value *points)
{
    size_t kept = 0, count = points->array.count;
    for (size_t i = 0; i < count; i++)
        if (i % 2 == 0 || i + 1 == count)
            points->array.items[kept++] = points->array.items[i];
    points->array.count = kept;
}

static void figure_keep(struct story *s, const struct event *e, const struct value *figure)
{
    const struct value *value = value_get(figure, "value");
    struct value *kept = named(s, list_of(s, s->step, "figures"), value_get_text(figure, "name"));
    struct value *points = list_of(s, kept, "points");
    struct value *last = value_at(points, value_count(points) - 1), *point;
    double now = (double)(e->at - s->step_began) / 1000;
    bool ok = value_get_bool(figure, "ok", true);
    value_remove(kept, "outcome");
    value_set(&s->arena, kept, "limit", value_copy(&s->arena, value_get(figure, "limit")));
    if (value == NULL || value->type == VALUE_NULL)
        return;
    if (last && value_equal(value_get(last, "value"), value) &&
        value_get_bool(last, "ok", false) == ok &&
        now - value_get(last, "seconds")->number < SAME_FIGURE_MS / 1000.0)
        return;
    if (value_count(points) >= STORY_MOST_POINTS)
        points_thin(points);
    point = value_object(&s->arena);
    value_set(&s->arena, point, "seconds", value_float(&s->arena, now));
    value_set(&s->arena, point, "value", value_copy(&s->arena, value));
    value_set(&s->arena, point, "ok", value_bool(&s->arena, ok));
    value_push(&s->arena, points, point);
}

static void hear_gate(struct story *s, const struct event *e)
{
    struct value *gate = named(s, list_of(s, s->step, "gates"), value_get_text(e->data, "name"));
    value_remove(gate, "outcome");
    merge(s, gate, e->data);
    set_instant(s, gate, "at", e->at);
    value_set(&s->arena, gate, "times", value_int(&s->arena, value_get_int(gate, "times", 0) + 1));
    figure_keep(s, e, e->data);
}

static void hear_in_step(struct story *s, const struct event *e)
{
    const struct value *figures = value_get(e->data, "figures");
    switch (e->type) {
    case EVENT_EFFECT_ENDED:
        hear_effect(s, e);
        break;
    case EVENT_CHECK:
        keep(s, s->step, "checks", e);
        break;
    case EVENT_GATE:
        hear_gate(s, e);
        break;
    case EVENT_TABLE:
        keep(s, s->step, "tables", e);
        break;
    case EVENT_ANSWERED:
        keep(s, s->step, "answers", e);
        break;
    case EVENT_PROGRESS:
        for (size_t i = 0; i < value_count(figures); i++)
            figure_keep(s, e, value_at(figures, i));
        break;
    case EVENT_STEP_ENDED:
    case EVENT_UNDO_ENDED:
        step_end(s, e);
        break;
    default:
        break;
    }
}

void story_hear(struct story *s, const struct event *e)
{
    if (e->step && s->step == NULL)
        step_begin(s, e);
    switch (e->type) {
    case EVENT_RUN_STARTED:
        hear_run(s, e);
        break;
    case EVENT_PHASE_STARTED:
    case EVENT_PHASE_ENDED:
        hear_phase(s, e);
        break;
    case EVENT_ROLLBACK_STARTED:
        value_set(&s->arena, s->root, "rollback", value_copy(&s->arena, e->data));
        set_instant(s, value_get(s->root, "rollback"), "started", e->at);
        set_text(s, value_get(s->root, "rollback"), "outcome", "stopped");
        break;
    case EVENT_ROLLBACK_ENDED:
        merge(s, value_get(s->root, "rollback"), e->data);
        break;
    case EVENT_LOG:
        keep(s, s->step ? s->step : s->root, "logs", e);
        break;
    case EVENT_RUN_ENDED:
        value_set(&s->arena, s->root, "end", value_copy(&s->arena, e->data));
        set_instant(s, value_get(s->root, "run"), "ended", e->at);
        break;
    default:
        if (s->step)
            hear_in_step(s, e);
    }
}

const struct value *story_finish(struct story *s)
{
    if (value_get(s->root, "end")->type == VALUE_NULL) {
        struct value *end = value_object(&s->arena);
        set_text(s, end, "outcome", "stopped");
        set_text(s, end, "headline", "The run ended abruptly, before it could say how.");
        value_set(&s->arena, s->root, "end", end);
    }
    return s->root;
}
