#include "record/block.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "record/detail.h"
#include "record/grid.h"
#include "record/words.h"

enum { HOLD_FOR = 1000, STEP_INDENT = 2 };

static bool is_null(const struct value *v)
{
    return v == NULL || v->type == VALUE_NULL;
}

static void heading_print(struct block *b)
{
    char clock[16];
    time_t seconds = (time_t)(b->phase_at / 1000);
    struct tm local;
    if (b->phase == NULL)
        return;
    strftime(clock, sizeof clock, "%H:%M:%S", localtime_r(&seconds, &local));
    struct ink line = screen_ink(b->screen);
    ink_puts(&line, TONE_BOLD, b->phase);
    screen_blank(b->screen);
    screen_print(b->screen, 0, MARK_NONE, &line, clock);
    free(b->phase);
    b->phase = NULL;
}

void block_phase(struct block *b, const struct event *e)
{
    free(b->phase);
    b->phase = mem_dup(e->phase);
    b->phase_at = e->at;
    if (!b->quiet)
        heading_print(b);
}

void block_begin(struct block *b, const struct event *e, bool undo)
{
    if (b->begun)
        return;
    b->begun = true;
    b->opened = false;
    b->undo = undo;
    b->name = mem_dup(e->step ? e->step : "");
    b->at = e->at;
    b->gates = value_array(&b->arena);
    b->told = value_array(&b->arena);
    screen_hold(b->screen);
}

void block_touch(struct block *b, int64_t at, bool now)
{
    bool due = now || (at - b->at >= HOLD_FOR && b->screen->held.len > 0);
    if (!b->begun || b->opened || b->quiet || !due)
        return;
    b->opened = true;
    screen_unhold(b->screen);
    heading_print(b);
    struct ink line = screen_ink(b->screen);
    ink_say(&line, TONE_BOLD, b->undo ? "undo: %s" : "%s", b->name);
    screen_print(b->screen, STEP_INDENT, MARK_OPEN, &line, "");
    screen_held(b->screen);
}

static bool was_told(const struct block *b, const struct value *text)
{
    for (size_t i = 0; i < value_count(b->told); i++)
        if (value_equal(value_at(b->told, i), text))
            return true;
    return false;
}

static void keep_told(struct block *b, const struct value *text)
{
    if (b->begun && !is_null(text))
        value_push(&b->arena, b->told, value_copy(&b->arena, text));
}

static void hear_effect(struct block *b, const struct value *data)
{
    const char *access = value_get_text(data, "access");
    bool write = strcmp(access, "write") == 0;
    bool failed = strcmp(value_get_text(data, "outcome"), "failed") == 0;
    bool wanted = b->verbose && (failed || !value_get_bool(data, "quiet", false));
    if (strcmp(access, "human") == 0 || !(write || wanted)) // what was asked is told by its answer
        return;
    detail_effect(b->screen, data, was_told(b, value_get(data, "error")));
    keep_told(b, value_get(data, "error"));
}

static void hear_check(struct block *b, const struct value *data)
{
    bool ok = value_get_bool(data, "ok", false);
    if (ok && !b->verbose && !b->undo)
        return;
    detail_check(b->screen, data);
    if (!ok)
        keep_told(b, value_get(data, "text"));
}

static struct value *gate_of(struct block *b, const struct value *name)
{
    for (size_t i = 0; i < value_count(b->gates); i++)
        if (value_equal(value_get(value_at(b->gates, i), "name"), name))
            return value_at(b->gates, i);
    struct value *gate = value_object(&b->arena);
    value_push(&b->arena, b->gates, gate);
    return gate;
}

static void gate_keep(struct block *b, struct value *gate, const struct value *data, bool shown)
{
    *gate = *value_copy(&b->arena, data);
    value_set(&b->arena, gate, "shown", value_bool(&b->arena, shown));
}

// A gate may be judged over and over: it is shown when it stops holding, and in the end.
static void hear_gate(struct block *b, const struct value *data)
{
    struct value *gate = gate_of(b, value_get(data, "name"));
    bool same = value_equal(value_get(gate, "verdict"), value_get(data, "verdict"));
    bool shown = same && value_get_bool(gate, "shown", false);
    bool missed = !value_get_bool(data, "ok", false);
    gate_keep(b, gate, data, missed || shown);
    if (!missed || shown)
        return;
    detail_gates(b->screen, &gate, 1);
    if (strcmp(value_get_text(data, "verdict"), "breach") != 0) // that is told by its figure alone
        keep_told(b, value_get(data, "text"));
}

// The figures of a bake stand for its gates until these are judged: when one breaches, the others
// are shown as they were.
static void hear_figures(struct block *b, const struct value *figures)
{
    for (size_t i = 0; i < value_count(figures); i++) {
        const struct value *figure = value_at(figures, i);
        if (*value_get_text(figure, "limit") == '\0')
            continue;
        struct value *gate = gate_of(b, value_get(figure, "name"));
        if (!value_get_bool(gate, "shown", false))
            gate_keep(b, gate, figure, false);
    }
}

// A question is never held back, nor what led up to it.
static void hear_question(struct block *b, const struct event *e)
{
    block_touch(b, e->at, true);
    bool held = b->screen->holding;
    screen_unhold(b->screen);
    detail_question(b->screen, e->data);
    if (held)
        screen_hold(b->screen);
}

static void gates_print(struct block *b)
{
    struct value *left = value_array(&b->arena);
    for (size_t i = 0; i < value_count(b->gates); i++)
        if (!value_get_bool(value_at(b->gates, i), "shown", false))
            value_push(&b->arena, left, value_at(b->gates, i));
    detail_gates(b->screen, left->array.items, value_count(left));
}

void block_hear(struct block *b, const struct event *e)
{
    if (e->step)
        block_begin(b, e, false);
    else if (b->quiet)
        return;
    switch (e->type) {
    case EVENT_EFFECT_ENDED:
        hear_effect(b, e->data);
        break;
    case EVENT_CHECK:
        hear_check(b, e->data);
        break;
    case EVENT_GATE:
        if (b->begun)
            hear_gate(b, e->data);
        break;
    case EVENT_LOG:
        detail_log(b->screen, e->data);
        break;
    case EVENT_TABLE:
        grid_print(b->screen, DETAIL_INDENT, e->data);
        break;
    case EVENT_PROGRESS:
        if (b->begun)
            hear_figures(b, value_get(e->data, "figures"));
        break;
    case EVENT_ASKED:
        hear_question(b, e);
        break;
    case EVENT_ANSWERED:
        detail_answer(b->screen, e->data);
        break;
    default:
        break;
    }
    block_touch(b, e->at, false);
}

static void line_print(struct block *b, const struct value *data, bool failed, bool again)
{
    char seconds[WORDS_SIZE], pause[WORDS_SIZE];
    const char *outcome = value_get_text(data, "outcome");
    bool skipped = strcmp(outcome, "skipped") == 0, stopped = strcmp(outcome, "stopped") == 0;
    long long attempts = value_get_int(data, "attempts", 1);
    struct ink line = screen_ink(b->screen);
    if (b->undo)
        ink_puts(&line, failed ? TONE_BAD : TONE_PLAIN, failed ? "NOT undone: " : "undone: ");
    ink_puts(&line, failed || again ? TONE_BOLD : skipped ? TONE_DIM : TONE_PLAIN, b->name);
    if (again)
        ink_say(&line, TONE_WARN, "  attempt %lld failed, again in %s", attempts,
                words_seconds(value_get(data, "retry_in"), pause));
    else if (skipped)
        ink_say(&line, TONE_DIM, "  skipped: %s", value_get_text(data, "reason"));
    else if (stopped)
        ink_puts(&line, TONE_WARN, "  stopped");
    else if (attempts > 1)
        ink_say(&line, TONE_DIM, failed ? "  after %lld attempts" : "  at attempt %lld", attempts);
    screen_print(b->screen, STEP_INDENT,
                 again     ? MARK_RETRY
                 : stopped ? MARK_WARN
                 : failed  ? MARK_FAIL
                 : skipped ? MARK_SKIP
                           : MARK_OK,
                 &line, skipped ? "" : words_seconds(value_get(data, "seconds"), seconds));
}

void block_end(struct block *b, const struct event *e)
{
    const struct value *error = value_get(e->data, "error");
    const char *outcome = value_get_text(e->data, "outcome");
    bool failed = strcmp(outcome, "failed") == 0 || strcmp(outcome, "stopped") == 0;
    bool again = failed && !is_null(value_get(e->data, "retry_in"));
    block_begin(b, e, e->type == EVENT_UNDO_ENDED);
    gates_print(b);
    if (!is_null(error) && !was_told(b, value_get(error, "text")))
        detail_error(b->screen, error);
    screen_unhold(b->screen);
    if (!b->quiet || (failed && !again)) {
        heading_print(b);
        line_print(b, e->data, failed, again);
        screen_held(b->screen);
    } else {
        screen_drop(b->screen);
    }
    free(b->name);
    b->name = NULL;
    b->begun = false;
    b->gates = b->told = NULL;
    arena_free(&b->arena);
}

void block_free(struct block *b)
{
    free(b->phase);
    free(b->name);
    arena_free(&b->arena);
}
