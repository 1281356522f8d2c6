#include "record/preview.h"

#include <stdlib.h>
#include <string.h>

#include "record/closing.h"
#include "record/detail.h"
#include "record/grid.h"
#include "record/outlook.h"
#include "record/preview_line.h"
#include "record/story.h"
#include "record/words.h"

enum { STEP_INDENT = 2 };

static bool text_is(const struct value *data, const char *key, const char *text)
{
    return strcmp(value_get_text(data, key), text) == 0;
}

void preview_told(struct preview *p, const char *text)
{
    free(p->told);
    p->told = mem_dup(text);
}

static void hear_run(struct preview *p, const struct event *e)
{
    struct ink line = screen_ink(p->screen);
    if (p->quiet)
        return;
    ink_puts(&line, TONE_WARN, "PLAN  ");
    ink_value(&line, TONE_BOLD, value_get(e->data, "name"));
    ink_puts(&line, TONE_PLAIN, "  ");
    ink_value(&line, TONE_PLAIN, value_get(e->data, "summary"));
    screen_print(p->screen, 0, MARK_NONE, &line, "");
    line = screen_ink(p->screen);
    const char *world = value_get_text(e->data, "world");
    if (*world)
        ink_say(&line, TONE_DIM, "No network: reads are answered by %s.", world);
    else if (value_get_bool(e->data, "offline", false))
        ink_puts(&line, TONE_DIM, "No network: what nobody declares is not known.");
    else
        ink_puts(&line, TONE_DIM, "Reads are live.");
    ink_puts(&line, TONE_DIM, " Nothing is changed, nobody is asked, waits pass at once.");
    screen_print(p->screen, 0, MARK_NONE, &line, "");
    const struct value *assumed = value_get(e->data, "assumed");
    for (size_t i = 0; i < value_count(assumed); i++) {
        line = screen_ink(p->screen);
        ink_say(&line, TONE_DIM, "The secret %s is assumed: its command is not run.",
                value_text(value_at(assumed, i)));
        screen_print(p->screen, 0, MARK_NONE, &line, "");
    }
}

static void hear_phase(struct preview *p, const struct event *e)
{
    bool rollback = text_is(e->data, "on_failure", "rollback");
    struct ink line = screen_ink(p->screen);
    if (p->quiet)
        return;
    screen_blank(p->screen);
    ink_puts(&line, TONE_BOLD, e->phase ? e->phase : "");
    screen_print(p->screen, 0, MARK_NONE, &line, rollback ? "rolled back when it fails" : "");
}

static void step_begin(struct preview *p, const struct event *e, const struct value *reason)
{
    struct ink line = screen_ink(p->screen);
    if (p->begun)
        return;
    p->begun = true;
    if (p->quiet)
        screen_hold(p->screen);
    ink_say(&line, TONE_DIM, "%2d  ", ++p->step);
    ink_hang(&line);
    if (p->quiet)
        ink_say(&line, TONE_DIM, "%s: ", e->phase ? e->phase : "");
    if (e->type == EVENT_UNDO_STARTED)
        ink_puts(&line, TONE_WARN, "undo of ");
    ink_puts(&line, reason ? TONE_DIM : TONE_BOLD, e->step ? e->step : "");
    if (reason)
        ink_say(&line, TONE_DIM, "  skipped: %s", value_text(reason));
    screen_print(p->screen, STEP_INDENT, MARK_NONE, &line, "");
}

// The summary without the word that stands before it here anyway.
static const char *summary_after(const struct value *data, const char *word)
{
    const char *summary = value_get_text(data, "summary");
    bool doubled = strncmp(summary, word, strlen(word)) == 0;
    return summary + (doubled ? strlen(word) : 0);
}

// A question or a wait: what a plan passes over.
static void passed_over(struct preview *p, const struct value *data, bool wait)
{
    struct ink line = word_line(p->screen, wait ? TONE_DIM : TONE_LINK, wait ? "wait" : "ask");
    struct buf sure = {0};
    words_sure(&sure, data);
    if (wait)
        buf_puts(&sure, " to pass");
    else if (strcmp(buf_text(&sure), "assumed") == 0)
        buf_puts(&sure, text_is(data, "kind", "ask.text") ? ": the default" : ": yes");
    ink_puts(&line, TONE_PLAIN, summary_after(data, wait ? "wait " : "ask: "));
    screen_print(p->screen, WORD_INDENT, MARK_NONE, &line, buf_text(&sure));
    line_below(p->screen, TONE_BAD, value_get(data, "error"));
    buf_free(&sure);
}

static void line_details(struct preview *p, const struct value *details)
{
    for (size_t i = 0; i < value_count(details); i++) {
        struct ink line = screen_ink(p->screen);
        ink_value(&line, TONE_DIM, value_get(value_at(details, i), "name"));
        ink_puts(&line, TONE_DIM, " ");
        ink_hang(&line);
        ink_value(&line, TONE_PLAIN, value_get(value_at(details, i), "text"));
        screen_print(p->screen, WORD_INDENT + WORD_COLUMNS, MARK_NONE, &line, "");
    }
}

static void hear_effect(struct preview *p, const struct value *data)
{
    bool write = text_is(data, "access", "write"), wait = text_is(data, "access", "time");
    bool failed = *value_get_text(data, "error");
    if (value_get_bool(data, "quiet", false) && !failed && !write)
        return;
    if (wait || text_is(data, "access", "human")) {
        preview_gates_end(p);
        passed_over(p, data, wait);
        return;
    }
    preview_gates_end(p);
    struct ink line = word_line(p->screen, write ? TONE_WARN : TONE_DIM, write ? "write" : "read");
    ink_value(&line, TONE_PLAIN, value_get(data, "summary"));
    if (*value_get_text(data, "answer"))
        ink_say(&line, TONE_DIM, "  %s", value_get_text(data, "answer"));
    struct buf sure = {0};
    words_sure(&sure, data);
    screen_print(p->screen, WORD_INDENT, MARK_NONE, &line, buf_text(&sure));
    buf_free(&sure);
    line_details(p, value_get(data, "details"));
    detail_diff(p->screen, WORD_INDENT + WORD_COLUMNS, value_get(data, "diff"));
    line_below(p->screen, TONE_BAD, value_get(data, "error"));
    line_below(p->screen, TONE_DIM, value_get(data, "note"));
}

static void hear_log(struct preview *p, const struct value *data)
{
    bool link = text_is(data, "level", "link"), plain = link || text_is(data, "level", "info");
    struct ink line = word_line(p->screen, plain ? TONE_DIM : TONE_WARN,
                                link    ? "link"
                                : plain ? "note"
                                        : "warn");
    ink_value(&line, plain ? TONE_PLAIN : TONE_WARN, value_get(data, "text"));
    if (link)
        ink_say(&line, TONE_LINK, "  %s", value_get_text(data, "url"));
    screen_print(p->screen, WORD_INDENT, MARK_NONE, &line, "");
}

static void hear_check(struct preview *p, const struct value *data)
{
    bool ok = value_get_bool(data, "ok", false), later = value_get_bool(data, "later", false);
    struct ink line = word_line(p->screen, ok || later ? TONE_DIM : TONE_BAD, "check");
    ink_value(&line, ok || later ? TONE_PLAIN : TONE_BAD, value_get(data, "text"));
    screen_print(p->screen, WORD_INDENT, MARK_NONE, &line, words_check(data));
    if (ok || later)
        return;
    line_below(p->screen, TONE_DIM, value_get(data, "where"));
    preview_told(p, value_get_text(data, "text"));
}

static void hear_step_end(struct preview *p, const struct event *e)
{
    const struct value *error = value_get(e->data, "error");
    bool skipped = text_is(e->data, "outcome", "skipped");
    bool failed = !skipped && !text_is(e->data, "outcome", "ok");
    step_begin(p, e, skipped ? value_get(e->data, "reason") : NULL);
    if (failed && (text_is(error, "kind", "unknown") || text_is(error, "kind", "assumed"))) {
        struct ink line = screen_ink(p->screen);
        ink_value(&line, TONE_WARN, value_get(error, "text"));
        screen_print(p->screen, WORD_INDENT, MARK_WARN, &line, value_get_text(error, "where"));
    } else if (failed && (p->told == NULL || !text_is(error, "text", p->told))) {
        detail_error(p->screen, error);
    }
    preview_told(p, NULL);
    p->begun = false;
    if (!p->quiet)
        return;
    screen_unhold(p->screen);
    if (failed)
        screen_held(p->screen);
    else
        screen_drop(p->screen);
}

static void hear_rollback(struct preview *p, const struct event *e)
{
    struct ink line = screen_ink(p->screen);
    screen_blank(p->screen);
    ink_puts(&line, TONE_WARN, "rollback");
    ink_say(&line, TONE_PLAIN, "  %s", value_get_text(e->data, "cause"));
    screen_print(p->screen, 0, MARK_NONE, &line, "last change first");
}

static void hear_end(struct preview *p, const struct event *e)
{
    if (!p->quiet)
        outlook_print(p->screen, value_get(story_finish(p->story), "outlook"));
    closing_print(p->screen, e->data, true);
}

void preview_hear(struct preview *p, const struct event *e)
{
    if (p->story == NULL)
        p->story = story_new();
    story_hear(p->story, e);
    if (e->type != EVENT_GATE && e->type != EVENT_EFFECT_ENDED)
        preview_gates_end(p);
    if (e->step && e->type != EVENT_STEP_ENDED && e->type != EVENT_UNDO_ENDED)
        step_begin(p, e, NULL);
    switch (e->type) {
    case EVENT_RUN_STARTED:
        hear_run(p, e);
        break;
    case EVENT_PHASE_STARTED:
        hear_phase(p, e);
        break;
    case EVENT_EFFECT_ENDED:
        hear_effect(p, e->data);
        break;
    case EVENT_CHECK:
        hear_check(p, e->data);
        break;
    case EVENT_GATE:
        preview_gate(p, e->data);
        break;
    case EVENT_LOG:
        hear_log(p, e->data);
        break;
    case EVENT_TABLE:
        grid_print(p->screen, WORD_INDENT, e->data);
        break;
    case EVENT_STEP_ENDED:
    case EVENT_UNDO_ENDED:
        hear_step_end(p, e);
        break;
    case EVENT_ROLLBACK_STARTED:
        hear_rollback(p, e);
        break;
    case EVENT_RUN_ENDED:
        hear_end(p, e);
        break;
    default:
        break;
    }
}

void preview_free(struct preview *p)
{
    free(p->told);
    story_free(p->story);
    arena_free(&p->arena);
}
