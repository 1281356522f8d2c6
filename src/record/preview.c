#include "record/preview.h"

#include <stdlib.h>
#include <string.h>

#include "record/closing.h"
#include "record/detail.h"
#include "record/grid.h"
#include "record/words.h"

enum { STEP_INDENT = 2, WORD_INDENT = 6, WORD_COLUMNS = 7 };

static bool text_is(const struct value *data, const char *key, const char *text)
{
    return strcmp(value_get_text(data, key), text) == 0;
}

static struct ink word_line(struct preview *p, enum tone tone, const char *word)
{
    struct ink line = screen_ink(p->screen);
    ink_puts(&line, tone, word);
    ink_pad(&line, WORD_COLUMNS);
    ink_hang(&line);
    return line;
}

static void line_below(struct preview *p, enum tone tone, const struct value *text)
{
    if (*value_text(text) == '\0')
        return;
    struct ink line = screen_ink(p->screen);
    ink_value(&line, tone, text);
    screen_print(p->screen, WORD_INDENT + WORD_COLUMNS, MARK_NONE, &line, "");
}

static void keep_told(struct preview *p, const char *text)
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
    ink_puts(&line, TONE_DIM,
             "Reads are live. Nothing is changed, nobody is asked, waits pass at once.");
    screen_print(p->screen, 0, MARK_NONE, &line, "");
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
    struct ink line = word_line(p, wait ? TONE_DIM : TONE_LINK, wait ? "wait" : "ask");
    ink_puts(&line, TONE_PLAIN, summary_after(data, wait ? "wait " : "ask: "));
    screen_print(p->screen, WORD_INDENT, MARK_NONE, &line,
                 wait ? "assumed to pass" : "assumed: yes");
    line_below(p, TONE_BAD, value_get(data, "error"));
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
        passed_over(p, data, wait);
        return;
    }
    struct ink line = word_line(p, write ? TONE_WARN : TONE_DIM, write ? "write" : "read");
    ink_value(&line, TONE_PLAIN, value_get(data, "summary"));
    if (*value_get_text(data, "answer"))
        ink_say(&line, TONE_DIM, "  %s", value_get_text(data, "answer"));
    struct buf sure = {0};
    words_sure(&sure, data);
    screen_print(p->screen, WORD_INDENT, MARK_NONE, &line, buf_text(&sure));
    buf_free(&sure);
    line_details(p, value_get(data, "details"));
    detail_diff(p->screen, WORD_INDENT + WORD_COLUMNS, value_get(data, "diff"));
    line_below(p, TONE_BAD, value_get(data, "error"));
    line_below(p, TONE_DIM, value_get(data, "note"));
}

static void hear_log(struct preview *p, const struct value *data)
{
    bool link = text_is(data, "level", "link"), plain = link || text_is(data, "level", "info");
    struct ink line = word_line(p, plain ? TONE_DIM : TONE_WARN,
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
    struct ink line = word_line(p, ok || later ? TONE_DIM : TONE_BAD, "check");
    ink_value(&line, ok || later ? TONE_PLAIN : TONE_BAD, value_get(data, "text"));
    screen_print(p->screen, WORD_INDENT, MARK_NONE, &line, words_check(data));
    if (ok || later)
        return;
    line_below(p, TONE_DIM, value_get(data, "where"));
    keep_told(p, value_get_text(data, "text"));
}

static bool is_new(struct preview *p, const struct value *query)
{
    if (p->queries == NULL)
        p->queries = value_array(&p->arena);
    for (size_t i = 0; i < value_count(p->queries); i++)
        if (value_equal(value_at(p->queries, i), query))
            return false;
    if (query)
        value_push(&p->arena, p->queries, value_copy(&p->arena, query));
    return true;
}

static void hear_gate(struct preview *p, const struct value *data)
{
    struct buf now = {0};
    bool ok = value_get_bool(data, "ok", false);
    struct ink line = word_line(p, TONE_LINK, "gate");
    ink_value(&line, TONE_PLAIN, value_get(data, "name"));
    ink_say(&line, TONE_BOLD, "  %s", value_get_text(data, "limit"));
    if (*value_get_text(data, "value"))
        buf_printf(&now, "now %s", value_get_text(data, "value"));
    else
        buf_printf(&now, "now: %s", ok ? "not known" : value_get_text(data, "verdict"));
    screen_print(p->screen, WORD_INDENT, MARK_NONE, &line, buf_text(&now));
    buf_free(&now);
    if (is_new(p, value_get(data, "query")))
        line_below(p, TONE_DIM, value_get(data, "query"));
    if (ok)
        return;
    line_below(p, TONE_WARN, value_get(data, "text"));
    keep_told(p, value_get_text(data, "text"));
}

static void hear_step_end(struct preview *p, const struct event *e)
{
    const struct value *error = value_get(e->data, "error");
    bool skipped = text_is(e->data, "outcome", "skipped");
    bool failed = !skipped && !text_is(e->data, "outcome", "ok");
    step_begin(p, e, skipped ? value_get(e->data, "reason") : NULL);
    if (failed && text_is(error, "kind", "unknown")) {
        struct ink line = screen_ink(p->screen);
        ink_value(&line, TONE_WARN, value_get(error, "text"));
        screen_print(p->screen, WORD_INDENT, MARK_WARN, &line, value_get_text(error, "where"));
    } else if (failed && (p->told == NULL || !text_is(error, "text", p->told))) {
        detail_error(p->screen, error);
    }
    keep_told(p, NULL);
    p->begun = false;
    if (!p->quiet)
        return;
    screen_unhold(p->screen);
    if (failed)
        screen_held(p->screen);
    else
        screen_drop(p->screen);
}

void preview_hear(struct preview *p, const struct event *e)
{
    if (e->step && e->type != EVENT_STEP_ENDED)
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
        hear_gate(p, e->data);
        break;
    case EVENT_LOG:
        hear_log(p, e->data);
        break;
    case EVENT_TABLE:
        grid_print(p->screen, WORD_INDENT, e->data);
        break;
    case EVENT_STEP_ENDED:
        hear_step_end(p, e);
        break;
    case EVENT_RUN_ENDED:
        closing_print(p->screen, e->data, true);
        break;
    default:
        break;
    }
}

void preview_free(struct preview *p)
{
    free(p->told);
    arena_free(&p->arena);
}
