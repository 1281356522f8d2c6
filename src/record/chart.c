#include "record/chart.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "record/words.h"

enum { WIDTH = 168, HEIGHT = 30, PAD = 3, BAR_HEIGHT = 8 };

bool chart_number(const char *text, double *number, char unit[8])
{
    static const struct {
        const char *name;
        double seconds;
    } times[] = {{"ms", 0.001}, {"s", 1}, {"m", 60}, {"min", 60}, {"h", 3600}, {"d", 86400}};
    const char *at = text;
    while (*at && !isdigit((unsigned char)*at))
        at++;
    if (*at == '\0')
        return false;
    char digits[NUMBER_SIZE];
    size_t len = strspn(at, "0123456789."), unit_len = 0;
    if (len >= sizeof digits)
        return false;
    memcpy(digits, at, len);
    digits[len] = '\0';
    *number = number_parse(digits);
    if (at > text && at[-1] == '-')
        *number = -*number;
    at += len + strspn(at + len, " ");
    while (unit_len < 7 && (isalpha((unsigned char)at[unit_len]) || at[unit_len] == '%'))
        unit_len++;
    memcpy(unit, at, unit_len);
    unit[unit_len] = '\0';
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        if (strcmp(times[i].name, unit) == 0) {
            *number *= times[i].seconds;
            memcpy(unit, "s", 2);
            break;
        }
    }
    return isfinite(*number);
}

struct scale {
    double low, high; // the figures at the lower and the upper edge
    double last;      // seconds at the right edge
};

static double x_of(const struct scale *s, double seconds)
{
    return PAD + (s->last > 0 ? seconds / s->last : 0) * (WIDTH - 2 * PAD);
}

static double y_of(const struct scale *s, double number)
{
    return HEIGHT - PAD - (number - s->low) / (s->high - s->low) * (HEIGHT - 2 * PAD);
}

static void open_svg(struct buf *out, int height)
{
    buf_printf(out,
               "<svg class=\"chart\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" "
               "aria-hidden=\"true\">",
               WIDTH, height, WIDTH, height);
}

// Reads when and what a point is; false when it is no number of this unit ("no data").
static bool point_read(const struct value *point, const char *unit, double *seconds, double *number)
{
    char point_unit[8];
    *seconds = fmax(words_number(value_get(point, "seconds")), 0);
    return chart_number(value_get_text(point, "value"), number, point_unit) &&
           strcmp(unit, point_unit) == 0;
}

// Makes a scale that holds the points, the limit and zero. Returns how many points it holds.
static int scale_make(struct scale *s, const struct value *points, double limit, const char *unit)
{
    int count = 0;
    *s = (struct scale){.low = fmin(limit, 0), .high = fmax(limit, 0)};
    for (size_t i = 0; i < value_count(points); i++) {
        double seconds, number;
        if (!point_read(value_at(points, i), unit, &seconds, &number))
            continue;
        s->low = fmin(s->low, number);
        s->high = fmax(s->high, number);
        s->last = fmax(s->last, seconds);
        count++;
    }
    s->high += s->high > s->low ? (s->high - s->low) * 0.08 : 1;
    return count;
}

static void draw_course(struct buf *out, const struct scale *s, const struct value *points,
                        double limit, const char *unit)
{
    double x = 0, y = y_of(s, limit);
    bool ok = true;
    open_svg(out, HEIGHT);
    buf_printf(out, "<line class=\"limit\" x1=\"0\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>", WIDTH, y,
               y);
    buf_puts(out, "<polyline points=\"");
    for (size_t i = 0; i < value_count(points); i++) {
        double seconds, number;
        if (!point_read(value_at(points, i), unit, &seconds, &number))
            continue;
        x = x_of(s, seconds);
        y = y_of(s, number);
        ok = value_get_bool(value_at(points, i), "ok", false);
        buf_printf(out, "%.1f,%.1f ", x, y);
    }
    buf_printf(out, "\"/><circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\"/></svg>",
               ok ? "good" : "bad", x, y);
}

static void draw_bar(struct buf *out, double value, double limit, bool ok)
{
    double full = fmax(fmax(value, limit) * 1.1, limit * 1.5);
    if (value < 0 || limit < 0 || full <= 0)
        return;
    open_svg(out, BAR_HEIGHT);
    buf_printf(out, "<rect class=\"track\" width=\"%d\" height=\"%d\" rx=\"2\"/>", WIDTH,
               BAR_HEIGHT);
    buf_printf(out, "<rect class=\"%s\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>",
               ok ? "good" : "bad", value / full * WIDTH, BAR_HEIGHT);
    buf_printf(out, "<line class=\"limit\" x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"%d\"/></svg>",
               limit / full * WIDTH, limit / full * WIDTH, BAR_HEIGHT);
}

void chart_figure(struct buf *out, const struct value *figure, const char *value, const char *limit,
                  bool ok)
{
    const struct value *points = value_get(figure, "points");
    double limit_number, number;
    char limit_unit[8], unit[8];
    struct scale scale;
    if (!chart_number(limit, &limit_number, limit_unit))
        return;
    if (scale_make(&scale, points, limit_number, limit_unit) > 1)
        draw_course(out, &scale, points, limit_number, limit_unit);
    else if (chart_number(value, &number, unit) && strcmp(unit, limit_unit) == 0)
        draw_bar(out, number, limit_number, ok);
}
