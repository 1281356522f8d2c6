#include "record/story.h"

#include <stdlib.h>
#include <string.h>

#include "record/figures.h"
#include "record/outlook.h"
#include "record/tree.h"
#include "record/words.h"

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

static struct value *phase_of(struct story *s, const char *name)
{
    return tree_named(&s->arena, value_get(s->root, "phases"), name ? name : "");
}

static struct value *step_of(struct story *s, struct value *phase, const char *name)
{
    return tree_named(&s->arena, tree_list(&s->arena, phase, "steps"), name ? name : "");
}

static void hear_run(struct story *s, const struct event *e)
{
    struct value *run = value_get(s->root, "run");
    const struct value *phases = value_get(e->data, "phases");
    tree_merge(&s->arena, run, e->data);
    value_remove(run, "phases");
    set_instant(s, run, "started", e->at);
    s->began = e->at;
    for (size_t i = 0; i < value_count(phases); i++) {
        const struct value *steps = value_get(value_at(phases, i), "steps");
        struct value *phase = phase_of(s, value_get_text(value_at(phases, i), "name"));
        set_text(s, phase, "outcome", "not run");
        for (size_t j = 0; j < value_count(steps); j++)
            set_text(s, step_of(s, phase, value_get_text(value_at(steps, j), "name")), "outcome",
                     "not run");
    }
}

static void hear_phase(struct story *s, const struct event *e)
{
    struct value *phase = phase_of(s, e->phase);
    if (e->type == EVENT_PHASE_STARTED) {
        set_text(s, phase, "outcome", "stopped");
        set_instant(s, phase, "started", e->at);
    }
    tree_merge(&s->arena, phase, e->data);
}

// Makes the step of the event the one under way.
static void step_begin(struct story *s, const struct event *e)
{
    if (e->type == EVENT_UNDO_STARTED) {
        struct value *rollback = value_get(s->root, "rollback"), *undo = value_object(&s->arena);
        if (rollback->type != VALUE_OBJECT) // undone without a word why
            value_set(&s->arena, s->root, "rollback", rollback = value_object(&s->arena));
        set_text(s, undo, "name", e->step);
        value_push(&s->arena, tree_list(&s->arena, rollback, "undos"), undo);
        s->step = undo;
    } else {
        s->step = step_of(s, phase_of(s, e->phase), e->step);
    }
    set_text(s, s->step, "outcome", "stopped");
    if (value_get(s->step, "started"))
        return; // another attempt
    s->step_began = e->at;
    value_set(&s->arena, s->step, "begins",
              value_float(&s->arena, (double)(e->at - s->began) / 1000));
    set_instant(s, s->step, "started", e->at);
}

static void step_end(struct story *s, const struct event *e)
{
    const struct value *retry_in = value_get(e->data, "retry_in");
    if (retry_in && retry_in->type != VALUE_NULL)
        value_push(&s->arena, tree_list(&s->arena, s->step, "retries"),
                   value_copy(&s->arena, e->data));
    else
        tree_merge(&s->arena, s->step, e->data);
    figures_to_gates(&s->arena, s->step);
    s->step = NULL;
}

// Keeps what an event told in the list at `key`.
static struct value *keep(struct story *s, struct value *owner, const char *key,
                          const struct event *e)
{
    struct value *told = value_object(&s->arena);
    tree_merge(&s->arena, told, e->data);
    set_instant(s, told, "at", e->at);
    value_push(&s->arena, tree_list(&s->arena, owner, key), told);
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

// Seconds since the step began.
static double seconds_into_step(const struct story *s, const struct event *e)
{
    return (double)(e->at - s->step_began) / 1000;
}

static void hear_gate(struct story *s, const struct event *e)
{
    struct value *gate = tree_named(&s->arena, tree_list(&s->arena, s->step, "gates"),
                                    value_get_text(e->data, "name"));
    tree_merge(&s->arena, gate, e->data);
    set_instant(s, gate, "at", e->at);
    value_set(&s->arena, gate, "times", value_int(&s->arena, value_get_int(gate, "times", 0) + 1));
    figures_keep(&s->arena, s->step, e->data, seconds_into_step(s, e));
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
            figures_keep(&s->arena, s->step, value_at(figures, i), seconds_into_step(s, e));
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
        tree_merge(&s->arena, value_get(s->root, "rollback"), e->data);
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
    if (strcmp(value_get_text(value_get(s->root, "run"), "mode"), "plan") == 0)
        value_set(&s->arena, s->root, "outlook", outlook_of(&s->arena, s->root));
    return s->root;
}
