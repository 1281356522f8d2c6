#include "prim/excerpt.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "engine/run.h"

enum { LAST_LINES = 5, LAST_BYTES = 600 };

static bool is_blank(char c)
{
    return (unsigned char)c <= ' ' || c == 0x7f;
}

static bool is_markup(const char *text, size_t len)
{
    static const char *const openings[] = {"<!doctype", "<html", "<head", "<body", "<?xml"};
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++)
        if (len >= strlen(openings[i]) && strncasecmp(text, openings[i], strlen(openings[i])) == 0)
            return true;
    return false;
}

// Where the markup that begins at `at` ends: a tag, a comment, or an element that no reader sees.
static size_t markup_end(const char *text, size_t len, size_t at)
{
    static const char *const unseen[][2] = {
        {"<!--", "-->"}, {"<style", "</style>"}, {"<script", "</script>"}, {"<", ">"}};
    for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++) {
        size_t open = strlen(unseen[i][0]), close = strlen(unseen[i][1]);
        if (len - at < open || strncasecmp(text + at, unseen[i][0], open) != 0)
            continue;
        for (size_t end = at + open; end + close <= len; end++)
            if (strncasecmp(text + end, unseen[i][1], close) == 0)
                return end + close;
    }
    return len;
}

static const char *mask(const struct run *run, struct arena *a, const char *text, size_t *len)
{
    const struct value *safe = run_masked(run, a, value_bytes(a, text, *len));
    *len = safe->string.len;
    return safe->string.text;
}

static const char *start_of(struct arena *a, const char *text, size_t len, size_t max)
{
    struct buf out = {0};
    size_t at = utf8_mark(text, len);
    while (at < len && is_blank(text[at]))
        at++;
    bool markup = is_markup(text + at, len - at), gap = false;
    while (at < len && out.len < max) {
        if (markup && text[at] == '<') {
            at = markup_end(text, len, at);
            gap = true;
        } else if (is_blank(text[at])) {
            at++;
            gap = true;
        } else {
            size_t size = utf8_size(text + at, len - at);
            if (gap && out.len)
                buf_putc(&out, ' ');
            gap = false;
            utf8_add(&out, text + at, size ? size : 1);
            at += size ? size : 1;
        }
    }
    if (at < len)
        buf_puts(&out, "...");
    const char *copy = arena_copy(a, buf_text(&out), out.len);
    buf_free(&out);
    return copy;
}

const char *excerpt_start(const struct run *run, struct arena *a, const char *text, size_t len,
                          size_t max)
{
    text = mask(run, a, text, &len);
    return start_of(a, text, len, max);
}

const char *excerpt_end(const struct run *run, struct arena *a, const char *text, size_t len)
{
    text = mask(run, a, text, &len);
    const char *lines[LAST_LINES];
    size_t count = 0, bytes = 0, end = len;
    while (end > 0 && count < LAST_LINES && bytes < LAST_BYTES) {
        size_t start = end;
        while (start > 0 && text[start - 1] != '\n')
            start--;
        const char *line = start_of(a, text + start, end - start, LAST_BYTES - bytes);
        if (*line) {
            lines[count++] = line;
            bytes += strlen(line);
        }
        end = start ? start - 1 : 0;
    }
    const char *all = "";
    while (count > 0)
        all = arena_printf(a, "%s\n  %s", all, lines[--count]);
    return all;
}
