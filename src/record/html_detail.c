#include "record/html_detail.h"

#include <inttypes.h>
#include <string.h>

#include "record/markup.h"
#include "record/words.h"

static bool text_is(const struct value *item, const char *key, const char *text)
{
    return strcmp(value_get_text(item, key), text) == 0;
}

bool html_is_error(const struct value *step, const struct value *told)
{
    return value_equal(value_get(value_get(step, "error"), "text"), value_get(told, "text"));
}

// Appends `open`, the member made safe, and `close`; nothing when there is no such text.
void html_text(struct buf *out, const char *open, const struct value *item, const char *key,
               const char *close)
{
    if (*value_get_text(item, key) == '\0')
        return;
    buf_puts(out, open);
    markup_member(out, item, key);
    buf_puts(out, close);
}

static void add_diff(struct buf *out, const struct value *diff)
{
    if (value_count(diff) == 0)
        return;
    buf_puts(out, "<div class=\"diff mono\">");
    for (size_t i = 0; i < value_count(diff); i++) {
        const struct value *change = value_at(diff, i), *old = value_get(change, "old");
        buf_puts(out, "<div>");
        markup_member(out, change, "path");
        buf_puts(out, ": ");
        if (old && old->type != VALUE_NULL) {
            buf_puts(out, "<del>");
            markup_value(out, old);
            buf_puts(out, "</del> → ");
        }
        buf_puts(out, "<ins>");
        markup_value(out, value_get(change, "new"));
        buf_puts(out, "</ins></div>");
    }
    buf_puts(out, "</div>");
}

void html_sure(struct buf *out, const struct value *e)
{
    struct buf sure = {0};
    words_sure(&sure, e);
    buf_puts(out, " <em>");
    markup_puts(out, buf_text(&sure));
    buf_puts(out, "</em>");
    buf_free(&sure);
}

static void add_details(struct buf *out, const struct value *details)
{
    for (size_t i = 0; i < value_count(details); i++) {
        html_text(out, "<div class=\"soft mono\">", value_at(details, i), "name", " ");
        html_text(out, "", value_at(details, i), "text", "");
        buf_puts(out, "</div>");
    }
}

// What stands in the open: changes, and in a plan what it passes over: waits and questions.
static bool is_foremost(const struct value *e)
{
    bool passed = text_is(e, "access", "time") || text_is(e, "access", "human");
    return text_is(e, "access", "write") || (passed && *value_get_text(e, "sure"));
}

static void add_effect(struct buf *out, const struct value *e)
{
    char seconds[WORDS_SIZE];
    bool write = text_is(e, "access", "write"), failed = text_is(e, "outcome", "failed");
    buf_printf(out, "<li><b class=\"%s\">%s</b>",
               failed  ? "bad"
               : write ? "warn"
                       : "soft",
               failed  ? "✗"
               : write ? "●"
                       : "·");
    markup_member(out, e, "summary");
    buf_puts(out, " <span class=\"soft\">");
    markup_member(out, e, "answer");
    bool planned = *value_get_text(e, "sure");
    if (!planned && !text_is(e, "outcome", "done") && !text_is(e, "outcome", "failed")) {
        buf_putc(out, ' ');
        markup_member(out, e, "outcome");
    }
    if (planned)
        html_sure(out, e);
    else
        buf_printf(out, "%s %s", *value_get_text(e, "answer") ? " ·" : "",
                   words_seconds(value_get(e, "seconds"), seconds));
    buf_puts(out, "</span>");
    add_details(out, value_get(e, "details"));
    html_text(out, "<div class=\"bad\">", e, "error", "</div>");
    html_text(out, "<div class=\"soft\">", e, "note", "</div>");
    add_diff(out, value_get(e, "diff"));
    buf_puts(out, "</li>\n");
}

// Appends those effects that are foremost, or those that are not, as a list; returns how many.
static size_t add_effects(struct buf *out, const struct value *step, bool foremost)
{
    const struct value *effects = value_get(step, "effects");
    size_t count = 0;
    for (size_t i = 0; i < value_count(effects); i++) {
        const struct value *e = value_at(effects, i);
        if (is_foremost(e) != foremost)
            continue;
        buf_puts(out, count++ ? "" : "<ul class=\"lines\">");
        add_effect(out, e);
    }
    buf_puts(out, count ? "</ul>" : "");
    return count;
}

// As add_effects: checks that hold, or those that do not and were not told as the step's error.
static size_t add_checks(struct buf *out, const struct value *step, bool hold)
{
    const struct value *checks = value_get(step, "checks");
    size_t count = 0;
    for (size_t i = 0; i < value_count(checks); i++) {
        const struct value *c = value_at(checks, i);
        bool later = value_get_bool(c, "later", false);
        bool ok = value_get_bool(c, "ok", false) && !later;
        if (ok != hold || (!ok && html_is_error(step, c)))
            continue;
        buf_puts(out, count++ ? "" : "<ul class=\"lines\">");
        buf_printf(out, "<li><b class=\"%s\">%s</b>",
                   ok      ? "good"
                   : later ? "soft"
                           : "bad",
                   ok      ? "✓"
                   : later ? "·"
                           : "✗");
        markup_member(out, c, "text");
        if (later || value_get_bool(c, "stale", false) || value_get_bool(c, "assumed", false))
            buf_printf(out, " <em class=\"soft\">%s</em>", words_check(c));
        html_text(out, " <code class=\"soft\">", c, "where", "</code>");
        buf_puts(out, "</li>\n");
    }
    buf_puts(out, count ? "</ul>" : "");
    return count;
}

// Puts the lines that `add` makes of the list into a part that is folded at first.
static void add_folded(struct buf *out, const struct value *step, int64_t left_out,
                       const char *word, size_t (*add)(struct buf *, const struct value *, bool),
                       bool which)
{
    char count[WORDS_SIZE];
    struct buf inner = {0};
    size_t lines = add(&inner, step, which);
    if (lines) {
        buf_printf(out, "<details><summary>%s</summary>",
                   words_count((int64_t)lines + left_out, word, count));
        buf_add(out, inner.data, inner.len);
        if (left_out)
            buf_printf(out, "<p class=\"soft\">and %" PRId64 " more like these</p>", left_out);
        buf_puts(out, "</details>\n");
    }
    buf_free(&inner);
}

// Only an address that cannot be a script becomes a link.
static void add_link(struct buf *out, const struct value *log)
{
    const char *url = value_get_text(log, "url");
    bool safe = strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0;
    html_text(out, safe ? " <a rel=\"noreferrer\" href=\"" : " ", log, "url", safe ? "\">" : "");
    if (safe)
        html_text(out, "", log, "url", "</a>");
}

void html_logs(struct buf *out, const struct value *logs)
{
    if (value_count(logs))
        buf_puts(out, "<ul class=\"lines\">");
    for (size_t i = 0; i < value_count(logs); i++) {
        const struct value *log = value_at(logs, i);
        bool warn = text_is(log, "level", "warn"), error = text_is(log, "level", "error");
        buf_printf(out, "<li><b class=\"%s\">%s</b>",
                   error  ? "bad"
                   : warn ? "warn"
                          : "soft",
                   error || warn                   ? "!"
                   : text_is(log, "level", "link") ? "→"
                                                   : "·");
        markup_member(out, log, "text");
        add_link(out, log);
        buf_puts(out, "</li>\n");
    }
    if (value_count(logs))
        buf_puts(out, "</ul>");
}

void html_changes(struct buf *out, const struct value *step)
{
    add_effects(out, step, true);
}

void html_others(struct buf *out, const struct value *step)
{
    add_folded(out, step, value_get_int(step, "effects_left_out", 0), "other effect", add_effects,
               false);
}

void html_missed(struct buf *out, const struct value *step)
{
    add_checks(out, step, false);
}

void html_held(struct buf *out, const struct value *step)
{
    add_folded(out, step, 0, "passed check", add_checks, true);
}

static void add_cells(struct buf *out, const struct value *cells, const char *tag)
{
    buf_puts(out, "<tr>");
    for (size_t i = 0; i < value_count(cells); i++) {
        const char *text = value_text(value_at(cells, i));
        bool figure = *text == '\0' || strspn(text, "0123456789.,+-%$ ") == strlen(text);
        buf_printf(out, "<%s%s>", tag, figure ? " class=\"figure\"" : "");
        markup_value(out, value_at(cells, i));
        buf_printf(out, "</%s>", tag);
    }
    buf_puts(out, "</tr>\n");
}

void html_tables(struct buf *out, const struct value *step)
{
    const struct value *tables = value_get(step, "tables");
    for (size_t i = 0; i < value_count(tables); i++) {
        const struct value *rows = value_get(value_at(tables, i), "rows");
        buf_puts(out, "<div class=\"wide\"><table>");
        html_text(out, "<caption>", value_at(tables, i), "title", "</caption>");
        add_cells(out, value_get(value_at(tables, i), "columns"), "th");
        for (size_t j = 0; j < value_count(rows); j++)
            add_cells(out, value_at(rows, j), "td");
        buf_puts(out, "</table></div>\n");
    }
}

void html_answers(struct buf *out, const struct value *step)
{
    const struct value *answers = value_get(step, "answers");
    for (size_t i = 0; i < value_count(answers); i++) {
        const struct value *a = value_at(answers, i);
        html_text(out, "<p>? ", a, "question", " ");
        html_text(out, "<b>", a, "answer", "</b> ");
        html_text(out, "<span class=\"soft\">(", a, "by", ")</span></p>\n");
    }
}
