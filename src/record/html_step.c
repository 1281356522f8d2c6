#include "record/html_step.h"

#include <math.h>
#include <string.h>

#include "record/html_detail.h"
#include "record/markup.h"
#include "record/words.h"

const char *html_class(const struct value *item)
{
    static const char *const classes[][2] = {{"ok", "good"},      {"done", "good"},
                                             {"planned", "good"}, {"failed", "bad"},
                                             {"stopped", "warn"}, {"suppressed", "warn"}};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (strcmp(value_get_text(item, "outcome"), classes[i][0]) == 0)
            return classes[i][1];
    return "idle";
}

const char *html_mark(const struct value *item)
{
    const char *class = html_class(item);
    return strcmp(class, "good") == 0   ? "✓"
           : strcmp(class, "bad") == 0  ? "✗"
           : strcmp(class, "warn") == 0 ? "!"
                                        : "–";
}

// Where in the run the step was, as a short bar.
static void add_span(struct buf *out, const struct value *step, double run_seconds)
{
    double begins = words_number(value_get(step, "begins"));
    double seconds = fmax(words_number(value_get(step, "seconds")), 0);
    buf_puts(out, "<span class=\"span\">");
    if (begins >= 0 && run_seconds > 0) {
        double left = begins < run_seconds ? begins / run_seconds * 100 : 100;
        double width = seconds / run_seconds * 100;
        buf_printf(out, "<i style=\"left:%.2f%%;width:%.2f%%\"></i>", left,
                   width > 100 - left ? 100 - left : width);
    }
    buf_puts(out, "</span>");
}

static void add_error(struct buf *out, const struct value *error)
{
    if (*value_get_text(error, "text") == '\0')
        return;
    html_text(out, "<div class=\"box bad\"><p>", error, "text", "</p>");
    html_text(out, "<code class=\"soft\">", error, "where", "</code>");
    html_text(out, "<pre>", error, "detail", "</pre>");
    buf_puts(out, "</div>\n");
}

static void add_retries(struct buf *out, const struct value *step)
{
    const struct value *retries = value_get(step, "retries");
    for (size_t i = 0; i < value_count(retries); i++) {
        char pause[WORDS_SIZE];
        buf_printf(out, "<p class=\"warn\">Attempt %zu failed, again after %s: ", i + 1,
                   words_seconds(value_get(value_at(retries, i), "retry_in"), pause));
        markup_member(out, value_get(value_at(retries, i), "error"), "text");
        buf_puts(out, "</p>\n");
    }
}

void html_step(struct buf *out, const struct value *step, double run_seconds)
{
    char seconds[WORDS_SIZE];
    const char *class = html_class(step), *outcome = value_get_text(step, "outcome");
    bool reached = strcmp(outcome, "skipped") != 0 && strcmp(outcome, "not run") != 0;
    buf_printf(out, "<article class=\"%s\"><header><span class=\"mark %s\">%s</span><h3>", class,
               class, html_mark(step));
    markup_member(out, step, "name");
    if (!reached) {
        html_text(out, " <span class=\"soft\">", step, "outcome", "</span>");
        html_text(out, "<span class=\"soft\">: ", step, "reason", "</span>");
    }
    buf_puts(out, "</h3>");
    add_span(out, step, run_seconds);
    buf_printf(out, "<span class=\"time\">%s</span></header><div class=\"body\">\n",
               reached ? words_seconds(value_get(step, "seconds"), seconds) : "");
    add_retries(out, step);
    add_error(out, value_get(step, "error"));
    html_changes(out, step);
    html_gates(out, step);
    html_missed(out, step);
    html_logs(out, value_get(step, "logs"));
    html_tables(out, step);
    html_answers(out, step);
    html_held(out, step);
    html_others(out, step);
    buf_puts(out, "</div></article>\n");
}
