#include "record/ink.h"

#include <stdint.h>
#include <string.h>

#include "base/glyph.h"

static void add_spelled(struct buf *text, uint32_t c, char byte)
{
    static const struct {
        uint32_t c;
        const char *ascii;
    } known[] = {{0xA0, " "},    {0xB7, "-"},    {0xD7, "x"},    {0x2013, "-"},  {0x2014, "-"},
                 {0x2018, "'"},  {0x2019, "'"},  {0x201C, "\""}, {0x201D, "\""}, {0x2026, "..."},
                 {0x2192, "->"}, {0x2264, "<="}, {0x2265, ">="}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].c == c) {
            buf_puts(text, known[i].ascii);
            return;
        }
    }
    glyph_spell(text, c, byte);
}

void ink_add(struct ink *line, enum tone tone, const char *text, size_t len)
{
    int rows = 1;
    size_t shown = 0;
    while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    buf_putc(&line->text, (char)tone);
    while (shown < len && shown < INK_MOST_BYTES && rows <= INK_MOST_LINES) {
        uint32_t c;
        size_t used = glyph_read(text + shown, len - shown, &c);
        if (c == '\t')
            buf_puts(&line->text, "  ");
        else if (c == '\n' || (!glyph_hostile(c) && (c < 0x80 || line->utf8)))
            buf_add(&line->text, text + shown, used);
        else if (c != '\r' || text[shown + 1] != '\n') // the last byte is no '\r'
            add_spelled(&line->text, c, text[shown]);
        rows += c == '\n';
        shown += used;
    }
    if (shown < len)
        buf_printf(&line->text, "%s (%zu more bytes)", line->utf8 ? "…" : "...", len - shown);
    buf_putc(&line->text, TONE_PLAIN);
}

void ink_puts(struct ink *line, enum tone tone, const char *text)
{
    ink_add(line, tone, text, strlen(text));
}

void ink_say(struct ink *line, enum tone tone, const char *format, ...)
{
    struct buf text = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    ink_add(line, tone, buf_text(&text), text.len);
    buf_free(&text);
}

void ink_value(struct ink *line, enum tone tone, const struct value *v)
{
    if (v && v->type == VALUE_STRING)
        ink_add(line, tone, v->string.text, v->string.len);
}

int ink_columns(const struct ink *line, size_t from, size_t to)
{
    int columns = 0;
    while (from < to) {
        uint32_t c;
        from += glyph_read(line->text.data + from, to - from, &c);
        columns += c < ' ' ? 0 : glyph_width(c);
    }
    return columns;
}

void ink_break(struct ink *line)
{
    buf_putc(&line->text, '\n');
}

void ink_pad(struct ink *line, int columns)
{
    const char *text = buf_text(&line->text), *feed = memrchr(text, '\n', line->text.len);
    size_t row = feed ? (size_t)(feed + 1 - text) : 0;
    for (int at = ink_columns(line, row, line->text.len); at < columns; at++)
        buf_putc(&line->text, ' ');
}

void ink_hang(struct ink *line)
{
    line->hang = ink_columns(line, 0, line->text.len);
}

size_t ink_row(const struct ink *line, size_t from, int columns, size_t *next)
{
    const char *text = buf_text(&line->text);
    size_t space = 0; // where the row is broken, unless it were less than half full then
    int column = 0;
    for (size_t at = from; at < line->text.len;) {
        uint32_t c;
        size_t used = glyph_read(text + at, line->text.len - at, &c);
        int wide = c < ' ' ? 0 : glyph_width(c);
        if (c == ' ' && column >= columns / 2)
            space = at;
        if (c == '\n' || column + wide > columns) {
            bool breaks = c != '\n' && space > from;
            size_t end = breaks ? space : at;
            *next = breaks ? space + 1 : c == '\n' ? at + 1 : at;
            return end;
        }
        column += wide;
        at += used;
    }
    *next = line->text.len;
    return line->text.len;
}

void ink_paint(const struct ink *line, size_t from, size_t to, bool color, enum tone *tone,
               struct buf *out)
{
    static const char *const codes[] = {
        [TONE_PLAIN] = "\x1b[0m",   [TONE_BOLD] = "\x1b[0;1m",        [TONE_DIM] = "\x1b[0;2m",
        [TONE_GOOD] = "\x1b[0;32m", [TONE_BAD] = "\x1b[0;31m",        [TONE_WARN] = "\x1b[0;33m",
        [TONE_LINK] = "\x1b[0;36m", [TONE_ALARM] = "\x1b[0;1;37;41m",
    };
    enum tone painted = TONE_PLAIN;
    for (size_t i = from; i < to; i++) {
        char c = line->text.data[i];
        if (c >= TONE_PLAIN && c <= TONE_ALARM) {
            *tone = (enum tone)c;
            continue;
        }
        if (color && painted != *tone)
            buf_puts(out, codes[*tone]);
        painted = *tone;
        buf_putc(out, c);
    }
    if (color && painted != TONE_PLAIN)
        buf_puts(out, codes[TONE_PLAIN]);
}
