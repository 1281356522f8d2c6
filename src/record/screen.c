#include "record/screen.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    WIDTH_UNKNOWN = 80,
    WIDTH_FILE = 100,
    WIDTH_LEAST = 40,
    WIDTH_MOST = 110,
    PROGRESS_EVERY = 30000, // milliseconds
};

static const struct {
    const char *utf8, *ascii;
    enum tone tone;
} marks[] = {
    [MARK_OK] = {"✓", "+", TONE_GOOD},    [MARK_FAIL] = {"✗", "x", TONE_BAD},
    [MARK_WARN] = {"!", "!", TONE_WARN},  [MARK_SKIP] = {"–", "-", TONE_DIM},
    [MARK_RETRY] = {"↻", "@", TONE_WARN}, [MARK_OPEN] = {"▸", ">", TONE_BOLD},
    [MARK_WRITE] = {"●", "*", TONE_WARN}, [MARK_ASK] = {"?", "?", TONE_LINK},
    [MARK_LINK] = {"→", ">", TONE_LINK},  [MARK_NOTE] = {"·", ".", TONE_DIM},
};

static bool locale_is_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
    }
    return false;
}

static bool is_terminal(FILE *f)
{
    return fileno(f) >= 0 && isatty(fileno(f));
}

static int terminal_width(FILE *f)
{
    struct winsize size;
    if (!is_terminal(f))
        return WIDTH_FILE;
    if (ioctl(fileno(f), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return WIDTH_UNKNOWN;
    return size.ws_col < WIDTH_LEAST  ? WIDTH_LEAST
           : size.ws_col > WIDTH_MOST ? WIDTH_MOST
                                      : size.ws_col;
}

static bool color_wanted(enum terminal_color color, bool able)
{
    const char *no_color = getenv("NO_COLOR");
    if (color == TERMINAL_AUTO)
        return able && (no_color == NULL || *no_color == '\0');
    return color == TERMINAL_ALWAYS;
}

void screen_open(struct screen *s, const struct terminal_options *options)
{
    const char *term = getenv("TERM");
    bool able = term && strcmp(term, "dumb") != 0;
    *s = (struct screen){.out = options->out ? options->out : stdout,
                         .err = options->err ? options->err : stderr,
                         .utf8 = locale_is_utf8()};
    s->wrap = is_terminal(s->out);
    s->live = able && is_terminal(s->err);
    s->width = terminal_width(s->out);
    s->err_width = terminal_width(s->err);
    s->out_color = color_wanted(options->color, able && s->wrap);
    s->err_color = color_wanted(options->color, s->live);
}

void screen_close(struct screen *s)
{
    screen_clear(s);
    buf_free(&s->held);
}

struct ink screen_ink(const struct screen *s)
{
    return (struct ink){.utf8 = s->utf8};
}

const char *screen_arrow(const struct screen *s)
{
    return s->utf8 ? "→" : "->";
}

// Prints or keeps `text`, and frees it.
static void emit(struct screen *s, struct buf *text)
{
    if (s->holding) {
        buf_add(&s->held, buf_text(text), text->len);
    } else {
        screen_clear(s);
        fwrite(buf_text(text), 1, text->len, s->out);
        fflush(s->out);
    }
    buf_free(text);
}

static void paint_mark(struct screen *s, enum mark mark, struct buf *out)
{
    struct ink glyph = screen_ink(s);
    enum tone tone = TONE_PLAIN;
    ink_puts(&glyph, marks[mark].tone, s->utf8 ? marks[mark].utf8 : marks[mark].ascii);
    ink_paint(&glyph, 0, glyph.text.len, s->out_color, &tone, out);
    buf_putc(out, ' ');
    buf_free(&glyph.text);
}

void screen_print(struct screen *s, int indent, enum mark mark, struct ink *line, const char *right)
{
    struct buf out = {0};
    struct ink aside = screen_ink(s);
    ink_puts(&aside, TONE_DIM, right);
    int aside_columns = ink_columns(&aside, 0, aside.text.len);
    int hang = indent + (mark == MARK_NONE ? 0 : 2);
    buf_printf(&out, "%*s", indent, "");
    if (mark != MARK_NONE)
        paint_mark(s, mark, &out);
    enum tone tone = TONE_PLAIN;
    size_t at = 0, next;
    do {
        bool beside = at == 0 && aside_columns;
        int left = hang + (at > 0 ? line->hang : 0);
        int room = s->width - left - (beside ? aside_columns + 2 : 0);
        size_t end = ink_row(line, at, !s->wrap ? INT_MAX : room < 20 ? 20 : room, &next);
        if (at > 0)
            buf_printf(&out, "%*s", left, "");
        ink_paint(line, at, end, s->out_color, &tone, &out);
        if (beside) {
            int gap = s->width - hang - ink_columns(line, at, end) - aside_columns;
            enum tone aside_tone = TONE_PLAIN;
            buf_printf(&out, "%*s", gap < 2 ? 2 : gap, "");
            ink_paint(&aside, 0, aside.text.len, s->out_color, &aside_tone, &out);
        }
        buf_putc(&out, '\n');
        at = next;
    } while (next < line->text.len);
    emit(s, &out);
    buf_free(&line->text);
    buf_free(&aside.text);
}

void screen_blank(struct screen *s)
{
    struct buf out = {0};
    buf_putc(&out, '\n');
    emit(s, &out);
}

void screen_alarm(struct screen *s, const char *text)
{
    struct ink bar = screen_ink(s);
    const char *rule = s->out_color ? " " : s->utf8 ? "━" : "=";
    ink_say(&bar, TONE_ALARM, "%s%s %s ", rule, rule, text);
    for (int at = ink_columns(&bar, 0, bar.text.len); at < s->width; at++)
        ink_puts(&bar, TONE_ALARM, rule);
    screen_print(s, 0, MARK_NONE, &bar, "");
}

void screen_hold(struct screen *s)
{
    s->holding = true;
}

void screen_unhold(struct screen *s)
{
    s->holding = false;
}

void screen_held(struct screen *s)
{
    struct buf held = s->held;
    s->held = (struct buf){0};
    emit(s, &held);
}

void screen_drop(struct screen *s)
{
    s->holding = false;
    buf_clear(&s->held);
}

void screen_progress(struct screen *s, int64_t at, struct ink *line)
{
    struct buf out = {0};
    enum tone tone = TONE_PLAIN;
    size_t end = line->text.len, next;
    if (s->live) {
        end = ink_row(line, 0, s->err_width - 1, &next);
        buf_putc(&out, '\r');
        ink_paint(line, 0, end, s->err_color, &tone, &out);
        buf_puts(&out, "\x1b[K");
    } else if (at - s->progress_at >= PROGRESS_EVERY) {
        ink_paint(line, 0, end, s->err_color, &tone, &out);
        buf_putc(&out, '\n');
    }
    if (out.len) {
        fwrite(out.data, 1, out.len, s->err);
        fflush(s->err);
        s->progress_at = at;
        s->progress_shown = s->live;
    }
    buf_free(&line->text);
    buf_free(&out);
}

void screen_clear(struct screen *s)
{
    fflush(s->out);
    if (s->progress_shown)
        fputs("\r\x1b[K", s->err);
    fflush(s->err);
    s->progress_shown = false;
}
