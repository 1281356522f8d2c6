#include "record/detail.h"

#include <string.h>

#include "base/glyph.h"
#include "record/words.h"

enum { MOST_CHANGES = 12, WIDEST_NAME = 40, LONGEST_VALUE = 100 };

static bool text_is(const struct value *data, const char *key, const char *text)
{
    return strcmp(value_get_text(data, key), text) == 0;
}

// Appends a value in words, no more of it than one can take in at a glance.
static void add_words(struct ink *line, enum tone tone, const struct value *v)
{
    struct buf text = {0};
    size_t len = 0;
    words_value(&text, v);
    while (len < text.len && len < LONGEST_VALUE) {
        uint32_t c;
        len += glyph_read(text.data + len, text.len - len, &c);
    }
    ink_add(line, tone, buf_text(&text), len);
    if (len < text.len)
        ink_puts(line, TONE_DIM, line->utf8 ? "…" : "...");
    buf_free(&text);
}

void detail_diff(struct screen *s, int indent, const struct value *diff)
{
    size_t count = value_count(diff);
    for (size_t i = 0; i < count && i < MOST_CHANGES; i++) {
        const struct value *change = value_at(diff, i), *old = value_get(change, "old");
        struct ink line = screen_ink(s);
        const char *path = value_get_text(change, "path");
        ink_say(&line, TONE_DIM, "%s: ", *path ? path : "the object");
        if (old && old->type != VALUE_NULL) {
            add_words(&line, TONE_PLAIN, old);
            ink_say(&line, TONE_DIM, " %s ", screen_arrow(s));
        }
        add_words(&line, TONE_BOLD, value_get(change, "new"));
        screen_print(s, indent, MARK_NONE, &line, "");
    }
    if (count > MOST_CHANGES) {
        struct ink line = screen_ink(s);
        ink_say(&line, TONE_DIM, "and %zu more; a report has them all", count - MOST_CHANGES);
        screen_print(s, indent, MARK_NONE, &line, "");
    }
}

static enum mark effect_mark(const struct value *data)
{
    if (text_is(data, "outcome", "failed"))
        return MARK_FAIL;
    if (text_is(data, "outcome", "cancelled"))
        return MARK_SKIP;
    return text_is(data, "access", "write") ? MARK_WRITE : MARK_NOTE;
}

void detail_effect(struct screen *s, const struct value *data, bool told)
{
    char seconds[WORDS_SIZE];
    struct ink line = screen_ink(s);
    bool doubt = value_get_bool(data, "in_doubt", false);
    ink_value(&line, TONE_PLAIN, value_get(data, "summary"));
    if (*value_get_text(data, "answer")) {
        ink_puts(&line, TONE_DIM, "  ");
        ink_value(&line, TONE_DIM, value_get(data, "answer"));
    }
    if (text_is(data, "outcome", "cancelled"))
        ink_puts(&line, TONE_DIM, "  cancelled");
    screen_print(s, DETAIL_INDENT, effect_mark(data), &line,
                 words_seconds(value_get(data, "seconds"), seconds));
    detail_diff(s, DETAIL_INDENT + 2, value_get(data, "diff"));
    if (*value_get_text(data, "error") && !told) {
        line = screen_ink(s);
        ink_value(&line, TONE_BAD, value_get(data, "error"));
        if (doubt)
            ink_puts(&line, TONE_BAD, " (in doubt: it may have happened all the same)");
        screen_print(s, DETAIL_INDENT + 2, MARK_NONE, &line, "");
    }
    if (*value_get_text(data, "note")) {
        line = screen_ink(s);
        ink_value(&line, TONE_WARN, value_get(data, "note"));
        screen_print(s, DETAIL_INDENT + 2, MARK_NONE, &line, "");
    }
}

void detail_check(struct screen *s, const struct value *data)
{
    bool ok = value_get_bool(data, "ok", false), later = value_get_bool(data, "later", false);
    struct ink line = screen_ink(s);
    ink_value(&line, ok || later ? TONE_PLAIN : TONE_BAD, value_get(data, "text"));
    screen_print(s, DETAIL_INDENT,
                 later ? MARK_NOTE
                 : ok  ? MARK_OK
                       : MARK_FAIL,
                 &line, ok ? "" : value_get_text(data, "where"));
}

void detail_log(struct screen *s, const struct value *data)
{
    bool warn = text_is(data, "level", "warn"), error = text_is(data, "level", "error");
    bool link = text_is(data, "level", "link");
    struct ink line = screen_ink(s);
    ink_value(&line,
              warn    ? TONE_WARN
              : error ? TONE_BAD
              : link  ? TONE_LINK
                      : TONE_PLAIN,
              value_get(data, "text"));
    if (*value_get_text(data, "url"))
        ink_say(&line, TONE_LINK, "  %s", value_get_text(data, "url"));
    screen_print(s, DETAIL_INDENT,
                 warn || error ? MARK_WARN
                 : link        ? MARK_LINK
                               : MARK_NOTE,
                 &line, "");
}

void detail_error(struct screen *s, const struct value *error)
{
    struct ink line = screen_ink(s);
    ink_value(&line, TONE_BAD, value_get(error, "text"));
    screen_print(s, DETAIL_INDENT, MARK_FAIL, &line, value_get_text(error, "where"));
    if (*value_get_text(error, "detail")) {
        line = screen_ink(s);
        ink_value(&line, TONE_DIM, value_get(error, "detail"));
        screen_print(s, DETAIL_INDENT + 2, MARK_NONE, &line, "");
    }
    if (*value_get_text(error, "traceback")) {
        line = screen_ink(s);
        ink_value(&line, TONE_DIM, value_get(error, "traceback"));
        screen_print(s, DETAIL_INDENT + 2, MARK_NONE, &line, "");
    }
}

void detail_question(struct screen *s, const struct value *data)
{
    struct ink line = screen_ink(s);
    ink_value(&line, TONE_BOLD, value_get(data, "question"));
    screen_print(s, DETAIL_INDENT, MARK_ASK, &line, "");
}

void detail_answer(struct screen *s, const struct value *data)
{
    struct ink line = screen_ink(s);
    ink_puts(&line, TONE_DIM, "answered: ");
    add_words(&line, TONE_BOLD, value_get(data, "answer"));
    ink_say(&line, TONE_DIM, " (%s)", value_get_text(data, "by"));
    screen_print(s, DETAIL_INDENT + 2, MARK_NONE, &line, "");
}

// The columns that the widest of the texts at `key` takes, no more than `most`.
static int widest(const struct screen *s, struct value *const *items, size_t count, const char *key,
                  int most)
{
    int columns = 0;
    for (size_t i = 0; i < count; i++) {
        struct ink cell = screen_ink(s);
        ink_value(&cell, TONE_PLAIN, value_get(items[i], key));
        int wide = ink_columns(&cell, 0, cell.text.len);
        columns = wide > columns ? wide : columns;
        buf_free(&cell.text);
    }
    return columns < most ? columns : most;
}

void detail_gates(struct screen *s, struct value *const *gates, size_t count)
{
    int names = widest(s, gates, count, "name", WIDEST_NAME);
    int values = widest(s, gates, count, "value", WIDEST_NAME);
    for (size_t i = 0; i < count; i++) {
        const struct value *g = gates[i];
        bool ok = value_get_bool(g, "ok", false), breach = text_is(g, "verdict", "breach");
        bool unsure = !ok && !breach && !text_is(g, "verdict", "error");
        struct ink line = screen_ink(s);
        ink_value(&line, TONE_PLAIN, value_get(g, "name"));
        ink_pad(&line, names + 2);
        ink_value(&line, ok ? TONE_GOOD : unsure ? TONE_WARN : TONE_BAD, value_get(g, "value"));
        ink_pad(&line, names + 2 + values + (values ? 2 : 0));
        ink_say(&line, TONE_DIM, ok ? "%s" : "must be %s", value_get_text(g, "limit"));
        if (!ok && !breach)
            ink_say(&line, unsure ? TONE_WARN : TONE_BAD, "  %s", value_get_text(g, "verdict"));
        if (!ok && !breach && *value_get_text(g, "text")) { // a breach is told by its figure
            ink_break(&line);
            ink_value(&line, unsure ? TONE_WARN : TONE_BAD, value_get(g, "text"));
        }
        screen_print(s, DETAIL_INDENT, ok ? MARK_OK : unsure ? MARK_WARN : MARK_FAIL, &line, "");
    }
}
