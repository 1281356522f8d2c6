#include "base/clip.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/glyph.h"
#include "base/utf8.h"

enum { LAST_LINES = 5 };

static bool is_blank(char c)
{
    return (unsigned char)c <= ' ' || c == 0x7f;
}

// Appends the character at text[0..len), spelled where it steers. Returns its bytes there.
static size_t add_legible(struct buf *out, const char *text, size_t len)
{
    uint32_t c;
    size_t size = glyph_read(text, len, &c);
    if (c != '\n' && c != '\t' && glyph_hostile(c))
        glyph_spell(out, c, *text);
    else
        buf_add(out, text, size);
    return size;
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

// Appends the beginning on one line, at most about `most` bytes. False when there is more.
static bool add_line(struct buf *out, const char *text, size_t len, size_t most)
{
    size_t at = utf8_mark(text, len), from = out->len;
    while (at < len && is_blank(text[at]))
        at++;
    bool markup = is_markup(text + at, len - at), gap = false;
    while (at < len && out->len - from < most) {
        if (markup && text[at] == '<') {
            at = markup_end(text, len, at);
            gap = true;
        } else if (is_blank(text[at])) {
            at++;
            gap = true;
        } else {
            if (gap && out->len > from)
                buf_putc(out, ' ');
            gap = false;
            at += add_legible(out, text + at, len - at);
        }
    }
    return at >= len;
}

static void clip_start(struct buf *out, const char *text, size_t len, size_t most)
{
    size_t at = 0;
    while (at < len && out->len < most) {
        bool line_end = text[at] == '\r' && at + 1 < len && text[at + 1] == '\n';
        at += line_end ? 1 : add_legible(out, text + at, len - at);
    }
    if (at < len)
        buf_printf(out, "... (%zu bytes)", len);
}

// Where the character ends that has a byte before `at`.
static size_t whole(const char *text, size_t at)
{
    while (((unsigned char)text[at] & 0xc0) == 0x80)
        at++;
    return at;
}

static void clip_middle(struct buf *out, const char *text, size_t len, size_t most)
{
    struct buf line = {0};
    add_line(&line, text, len, (size_t)-1);
    if (line.len <= most) {
        buf_add(out, buf_text(&line), line.len);
    } else {
        size_t first = whole(line.data, most - most / 3);
        buf_add(out, line.data, first);
        buf_puts(out, " ... ");
        buf_puts(out, line.data + whole(line.data, line.len - most / 3));
    }
    buf_free(&line);
}

// The lines are found from the end.
static void clip_tail(struct buf *out, const char *text, size_t len, size_t most)
{
    struct buf lines[LAST_LINES] = {{0}};
    size_t count = 0, bytes = 0, end = len;
    while (end > 0 && count < LAST_LINES && bytes < most) {
        size_t start = end;
        while (start > 0 && text[start - 1] != '\n')
            start--;
        struct buf *line = &lines[count];
        if (!add_line(line, text + start, end - start, most - bytes))
            buf_puts(line, "...");
        bytes += line->len;
        count += line->len > 0;
        end = start ? start - 1 : 0;
    }
    for (size_t i = count; i-- > 0;)
        buf_printf(out, "\n  %s", buf_text(&lines[i]));
    for (size_t i = 0; i < LAST_LINES; i++)
        buf_free(&lines[i]);
}

const char *clip_text(struct arena *a, const char *text, size_t len, enum clip how, size_t most)
{
    struct buf out = {0};
    switch (how) {
    case CLIP_TEXT:
        clip_start(&out, text, len, most);
        break;
    case CLIP_LINE:
        if (!add_line(&out, text, len, most))
            buf_puts(&out, "...");
        break;
    case CLIP_MIDDLE:
        clip_middle(&out, text, len, most);
        break;
    case CLIP_TAIL:
        clip_tail(&out, text, len, most);
        break;
    }
    const char *copy = arena_copy(a, buf_text(&out), out.len);
    buf_free(&out);
    return copy;
}
