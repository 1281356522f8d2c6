// The outlook on a screen, in Markdown and in HTML.
#include "record/markup.h"
#include "record/mdtext.h"
#include "record/outlook.h"
#include "record/screen.h"

static const char EARLIER[] = "What stands from the phases before still stands.";

enum { INDENT = 2, NUMBER_COLUMNS = 4, PHASE_COLUMNS = 11 };

static void heading_print(struct screen *s, const char *text)
{
    struct ink line = screen_ink(s);
    screen_blank(s);
    ink_puts(&line, TONE_BOLD, text);
    screen_print(s, 0, MARK_NONE, &line, "");
}

// What stands above the changes. A plan that did not come to its end does not know them all.
static const char *heading_of(const struct value *outlook)
{
    bool open = value_get_bool(outlook, "open", false);
    if (value_count(value_get(outlook, "changes")))
        return open ? "What it would change, in this order, as far as the plan came"
                    : "What it would change, in this order";
    return open ? "No change is known, for the plan did not come to its end"
                : "It would change nothing";
}

static void changes_print(struct screen *s, const struct value *outlook)
{
    const struct value *changes = value_get(outlook, "changes");
    heading_print(s, heading_of(outlook));
    for (size_t i = 0; i < value_count(changes); i++) {
        const struct value *change = value_at(changes, i);
        struct ink line = screen_ink(s);
        ink_say(&line, TONE_DIM, "%2zu  ", i + 1);
        ink_hang(&line);
        ink_value(&line, TONE_PLAIN, value_get(change, "summary"));
        if (value_get_bool(change, "refused", false))
            ink_puts(&line, TONE_DIM, "  " OUTLOOK_REFUSED);
        screen_print(s, INDENT, MARK_NONE, &line, value_get_text(change, "step"));
    }
}

static void stays_print(struct screen *s, const struct value *stays)
{
    for (size_t i = 0; i < value_count(stays); i++) {
        const struct value *stay = value_at(stays, i);
        struct ink line = screen_ink(s);
        ink_puts(&line, TONE_WARN, "stays  ");
        ink_hang(&line);
        ink_value(&line, TONE_PLAIN, value_get(stay, "step"));
        ink_puts(&line, TONE_PLAIN, ": ");
        ink_value(&line, TONE_PLAIN, value_get(stay, "text"));
        screen_print(s, INDENT + PHASE_COLUMNS, MARK_NONE, &line,
                     value_get_bool(stay, "lasting", false) ? "on purpose" : "");
    }
}

static void failure_print(struct screen *s, const struct value *failure)
{
    const struct value *undo = value_get(failure, "undo");
    struct ink line = screen_ink(s);
    ink_value(&line, TONE_BOLD, value_get(failure, "phase"));
    ink_pad(&line, PHASE_COLUMNS - 1);
    ink_puts(&line, TONE_PLAIN, " ");
    ink_hang(&line);
    ink_value(&line, TONE_PLAIN, value_get(failure, "then"));
    screen_print(s, INDENT, MARK_NONE, &line, "");
    for (size_t i = 0; i < value_count(undo); i++) {
        line = screen_ink(s);
        ink_say(&line, TONE_DIM, "%zu. ", i + 1);
        ink_hang(&line);
        ink_value(&line, TONE_PLAIN, value_at(undo, i));
        screen_print(s, INDENT + PHASE_COLUMNS, MARK_NONE, &line, "");
    }
    stays_print(s, value_get(failure, "stays"));
    if (!value_get_bool(failure, "earlier", false))
        return;
    line = screen_ink(s);
    ink_puts(&line, TONE_DIM, EARLIER);
    screen_print(s, INDENT + PHASE_COLUMNS, MARK_NONE, &line, "");
}

void outlook_print(struct screen *s, const struct value *outlook)
{
    const struct value *failures = value_get(outlook, "if_it_fails");
    changes_print(s, outlook);
    if (value_count(value_get(outlook, "changes")) == 0)
        return;
    heading_print(s, "If a phase fails at its end");
    for (size_t i = 0; i < value_count(failures); i++)
        failure_print(s, value_at(failures, i));
}

void outlook_markdown(struct buf *out, const struct value *outlook)
{
    const struct value *changes = value_get(outlook, "changes");
    const struct value *failures = value_get(outlook, "if_it_fails");
    if (value_count(changes) == 0) {
        buf_printf(out, "\n%s.\n", heading_of(outlook));
        return;
    }
    buf_printf(out,
               "\n## %s\n\n| | Change | Step | How sure |\n"
               "| --- | --- | --- | --- |\n",
               heading_of(outlook));
    for (size_t i = 0; i < value_count(changes); i++) {
        static const char *const cells[] = {"summary", "step", "sure"};
        buf_printf(out, "| %zu |", i + 1);
        for (size_t c = 0; c < sizeof cells / sizeof *cells; c++) {
            buf_putc(out, ' ');
            mdtext_member(out, value_at(changes, i), cells[c]);
            buf_puts(out, " |");
        }
        buf_putc(out, '\n');
    }
    buf_puts(out, "\n## If a phase fails at its end\n\n");
    for (size_t i = 0; i < value_count(failures); i++) {
        const struct value *failure = value_at(failures, i);
        const struct value *undo = value_get(failure, "undo"), *stays = value_get(failure, "stays");
        buf_puts(out, "- **");
        mdtext_member(out, failure, "phase");
        buf_puts(out, "**: ");
        mdtext_member(out, failure, "then");
        buf_putc(out, '\n');
        for (size_t j = 0; j < value_count(undo); j++) {
            buf_printf(out, "  %zu. ", j + 1);
            mdtext_value(out, value_at(undo, j));
            buf_putc(out, '\n');
        }
        for (size_t j = 0; j < value_count(stays); j++) {
            buf_puts(out, "  - stays: ");
            mdtext_member(out, value_at(stays, j), "step");
            buf_puts(out, ": ");
            mdtext_member(out, value_at(stays, j), "text");
            buf_putc(out, '\n');
        }
        if (value_get_bool(failure, "earlier", false))
            buf_printf(out, "  - %s\n", EARLIER);
    }
}

static void failure_html(struct buf *out, const struct value *failure)
{
    const struct value *undo = value_get(failure, "undo"), *stays = value_get(failure, "stays");
    buf_puts(out, "<tr><td><b>");
    markup_member(out, failure, "phase");
    buf_puts(out, "</b></td><td>");
    markup_member(out, failure, "then");
    buf_puts(out, value_count(undo) ? "<ol>" : "");
    for (size_t i = 0; i < value_count(undo); i++) {
        buf_puts(out, "<li>");
        markup_value(out, value_at(undo, i));
        buf_puts(out, "</li>");
    }
    buf_puts(out, value_count(undo) ? "</ol>" : "");
    for (size_t i = 0; i < value_count(stays); i++) {
        buf_puts(out, "<div><span class=\"warn\">stays</span> ");
        markup_member(out, value_at(stays, i), "step");
        buf_puts(out, ": ");
        markup_member(out, value_at(stays, i), "text");
        bool lasting = value_get_bool(value_at(stays, i), "lasting", false);
        buf_printf(out, "%s</div>", lasting ? " <span class=\"soft\">(on purpose)</span>" : "");
    }
    if (value_get_bool(failure, "earlier", false))
        buf_printf(out, "<div class=\"soft\">%s</div>", EARLIER);
    buf_puts(out, "</td></tr>\n");
}

void outlook_html(struct buf *out, const struct value *outlook)
{
    const struct value *changes = value_get(outlook, "changes");
    const struct value *failures = value_get(outlook, "if_it_fails");
    buf_printf(out, "<section><header><h2>%s</h2></header>\n", heading_of(outlook));
    if (value_count(changes))
        buf_puts(out, "<div class=\"wide\"><table><tr><th></th><th>Change</th><th>Step</th>"
                      "<th>How sure</th></tr>\n");
    for (size_t i = 0; i < value_count(changes); i++) {
        buf_printf(out, "<tr><td class=\"figure soft\">%zu</td><td>", i + 1);
        markup_member(out, value_at(changes, i), "summary");
        buf_puts(out, "</td><td class=\"soft\">");
        markup_member(out, value_at(changes, i), "step");
        buf_puts(out, "</td><td class=\"soft sure\">");
        markup_member(out, value_at(changes, i), "sure");
        buf_puts(out, "</td></tr>\n");
    }
    if (value_count(changes))
        buf_puts(out, "</table></div></section>\n<section><header><h2>If a phase fails at its end"
                      "</h2></header>\n<div class=\"wide\"><table class=\"paths\">\n");
    for (size_t i = 0; value_count(changes) && i < value_count(failures); i++)
        failure_html(out, value_at(failures, i));
    buf_puts(out, value_count(changes) ? "</table></div></section>\n" : "</section>\n");
}
