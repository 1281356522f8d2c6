#include "record/grid.h"

#include <string.h>

#include "record/words.h"

enum { MOST_ROWS = 200, MOST_COLUMNS = 16, NARROWEST = 8 };

static struct ink cell_ink(struct screen *s, enum tone tone, const struct value *v)
{
    struct ink cell = screen_ink(s);
    struct buf text = {0};
    words_value(&text, v);
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '\n')
            text.data[i] = ' ';
    if (v && v->type != VALUE_NULL)
        ink_add(&cell, tone, buf_text(&text), text.len);
    buf_free(&text);
    return cell;
}

static bool is_figure(const struct value *v)
{
    const char *t = value_text(v);
    return v && (v->type == VALUE_INT || v->type == VALUE_FLOAT ||
                 (*t && strspn(t, "0123456789.,+-%$ ") == strlen(t)));
}

struct layout {
    size_t columns;
    int widths[MOST_COLUMNS];
    bool right[MOST_COLUMNS]; // nothing but figures
};

static void layout_measure(struct layout *l, struct screen *s, const struct value *row, bool head)
{
    for (size_t c = 0; c < l->columns; c++) {
        const struct value *v = value_at(row, c);
        struct ink cell = cell_ink(s, TONE_PLAIN, v);
        int wide = ink_columns(&cell, 0, cell.text.len);
        l->widths[c] = wide > l->widths[c] ? wide : l->widths[c];
        l->right[c] = head || (l->right[c] && (is_figure(v) || cell.text.len == 0));
        buf_free(&cell.text);
    }
}

// Takes width from the widest column until a row fits the screen.
static void layout_fit(struct layout *l, const struct screen *s, int indent)
{
    int room = s->width - indent;
    for (;;) {
        size_t most = 0;
        int sum = 0;
        for (size_t c = 0; c < l->columns; c++) {
            sum += l->widths[c] + 2;
            most = l->widths[c] > l->widths[most] ? c : most;
        }
        if (!s->wrap || sum <= room || l->widths[most] <= NARROWEST)
            return;
        l->widths[most]--;
    }
}

static void row_print(struct screen *s, int indent, const struct layout *l, const struct value *row,
                      enum tone tone)
{
    struct ink line = screen_ink(s);
    int at = 0;
    for (size_t c = 0; c < l->columns; c++) {
        struct ink cell = cell_ink(s, tone, value_at(row, c));
        size_t next, fits = ink_row(&cell, 0, l->widths[c], &next);
        bool clipped = next < cell.text.len;
        if (clipped)
            fits = ink_row(&cell, 0, l->widths[c] - 1, &next);
        int wide = ink_columns(&cell, 0, fits) + clipped;
        ink_pad(&line, at + (l->right[c] ? l->widths[c] - wide : 0));
        buf_add(&line.text, buf_text(&cell.text), fits);
        if (clipped)
            ink_puts(&line, TONE_DIM, s->utf8 ? "…" : "~");
        buf_putc(&line.text, TONE_PLAIN);
        at += l->widths[c] + 2;
        buf_free(&cell.text);
    }
    screen_print(s, indent, MARK_NONE, &line, "");
}

void grid_print(struct screen *s, int indent, const struct value *data)
{
    const struct value *head = value_get(data, "columns"), *rows = value_get(data, "rows");
    struct layout l = {.columns =
                           value_count(head) < MOST_COLUMNS ? value_count(head) : MOST_COLUMNS};
    layout_measure(&l, s, head, true);
    for (size_t i = 0; i < value_count(rows) && i < MOST_ROWS; i++)
        layout_measure(&l, s, value_at(rows, i), false);
    layout_fit(&l, s, indent + 2);
    if (*value_get_text(data, "title")) {
        struct ink title = screen_ink(s);
        ink_value(&title, TONE_BOLD, value_get(data, "title"));
        screen_print(s, indent, MARK_NOTE, &title, "");
    }
    row_print(s, indent + 2, &l, head, TONE_DIM);
    for (size_t i = 0; i < value_count(rows) && i < MOST_ROWS; i++)
        row_print(s, indent + 2, &l, value_at(rows, i), TONE_PLAIN);
    if (value_count(rows) > MOST_ROWS) {
        struct ink line = screen_ink(s);
        ink_say(&line, TONE_DIM, "and %zu more; a report has them all",
                value_count(rows) - MOST_ROWS);
        screen_print(s, indent + 2, MARK_NONE, &line, "");
    }
}
