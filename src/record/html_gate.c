// The gates of a step as a table, each with its figures.
#include <string.h>

#include "record/chart.h"
#include "record/html_detail.h"
#include "record/markup.h"
#include "record/words.h"

static const struct value *figure_of(const struct value *step, const struct value *gate)
{
    const struct value *figures = value_get(step, "figures");
    for (size_t i = 0; i < value_count(figures); i++)
        if (value_equal(value_get(value_at(figures, i), "name"), value_get(gate, "name")))
            return value_at(figures, i);
    return NULL;
}

void html_gates(struct buf *out, const struct value *step)
{
    const struct value *gates = value_get(step, "gates");
    if (value_count(gates) == 0)
        return;
    buf_puts(out,
             "<div class=\"wide\"><table><tr><th></th><th>Gate</th><th>Value</th><th>Limit</th>"
             "<th></th></tr>\n");
    for (size_t i = 0; i < value_count(gates); i++) {
        const struct value *g = value_at(gates, i);
        bool ok = value_get_bool(g, "ok", false), later = value_get_bool(g, "later", false);
        const char *class = ok ? "good" : later ? "soft" : "bad";
        buf_printf(out, "<tr><td class=\"mark %s\">%s</td><td title=\"", class,
                   ok      ? "✓"
                   : later ? "·"
                           : "✗");
        markup_member(out, g, "query");
        buf_puts(out, "\">");
        markup_member(out, g, "name");
        buf_printf(out, "</td><td class=\"value %s\">", class);
        markup_member(out, g, *value_get_text(g, "value") ? "value" : "verdict");
        if (*value_get_text(g, "sure"))
            html_sure(out, g);
        buf_puts(out, "</td><td>");
        markup_member(out, g, "limit");
        buf_puts(out, "</td><td>");
        chart_figure(out, figure_of(step, g), value_get_text(g, "value"),
                     value_get_text(g, "limit"), ok);
        buf_puts(out, "</td></tr>\n");
        if (*value_get_text(g, "sure"))
            html_text(out, "<tr><td></td><td colspan=\"4\" class=\"soft mono\">", g, "query",
                      "</td></tr>\n");
        if (!ok && strcmp(value_get_text(g, "verdict"), "breach") != 0 && !html_is_error(step, g))
            html_text(out, "<tr><td></td><td colspan=\"4\" class=\"soft\">", g, "text",
                      "</td></tr>\n");
    }
    buf_puts(out, "</table></div>\n");
}
