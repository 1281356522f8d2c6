#include "record/html.h"

#include <stdio.h>
#include <string.h>

#include "record/html_detail.h"
#include "record/html_step.h"
#include "record/html_style.h"
#include "record/markup.h"
#include "record/outlook.h"
#include "record/words.h"

// How the run came out, in a few words.
static const char *verdict_of(const struct value *story)
{
    const struct value *end = value_get(story, "end"), *rollback = value_get(story, "rollback");
    if (strcmp(value_get_text(value_get(story, "run"), "mode"), "plan") == 0)
        return "Plan: nothing was changed";
    switch (value_get_int(end, "exit", 1)) {
    case 0:
        return strcmp(value_get_text(end, "outcome"), "rolled back") == 0 ? "Rolled back" : "Done";
    case 4:
        return "Failed, nothing was changed";
    case 5:
        return "Failed and rolled back";
    case 6:
        return "Failed, not everything was rolled back";
    case 7:
        return "In doubt";
    case 8:
        return "Not approved";
    }
    bool back = strcmp(value_get_text(rollback, "outcome"), "ok") == 0;
    bool stopped = strcmp(value_get_text(end, "outcome"), "stopped") == 0;
    return !stopped ? "Failed" : back ? "Stopped and rolled back" : "Stopped";
}

static const char *verdict_class(const struct value *end)
{
    int64_t code = value_get_int(end, "exit", 1);
    return strcmp(value_get_text(end, "outcome"), "stopped") == 0 ? "warn"
           : code == 0                                            ? "good"
                                                                  : "bad";
}

static void add_fact(struct buf *out, const char *name, const struct value *item, const char *key)
{
    const struct value *v = value_get(item, key);
    if (v == NULL || v->type == VALUE_NULL)
        return;
    buf_printf(out, "<div><dt>%s</dt><dd>", name);
    markup_value(out, v);
    buf_puts(out, "</dd></div>\n");
}

static void add_said(struct buf *out, const char *name, const char *text, bool twice)
{
    if (*text == '\0')
        return;
    buf_printf(out, "<div%s><dt>%s</dt><dd>", twice ? " class=\"twice\"" : "", name);
    markup_puts(out, text);
    buf_puts(out, "</dd></div>\n");
}

// An instant as people read it: "2026-11-22 14:22:33".
static void add_instant(struct buf *out, const char *name, const struct value *item,
                        const char *key)
{
    char text[WORDS_SIZE];
    snprintf(text, sizeof text, "%.10s %.8s", value_get_text(item, key),
             strlen(value_get_text(item, key)) > 11 ? value_get_text(item, key) + 11 : "");
    add_said(out, name, *value_get_text(item, key) ? text : "", false);
}

static void add_facts(struct buf *out, const struct value *run, const struct value *end)
{
    struct buf counts = {0};
    char text[WORDS_SIZE];
    words_counts(&counts, value_get(end, "counts"));
    buf_puts(out, "<dl class=\"facts\">\n");
    add_said(out, "Took", words_seconds(value_get(end, "seconds"), text), false);
    if (strcmp(value_get_text(run, "mode"), "plan") == 0)
        add_said(out, "A run is expected to take",
                 words_seconds(value_get(end, "planned_seconds"), text), false);
    add_instant(out, "Started", run, "started");
    add_instant(out, "Ended", run, "ended");
    add_fact(out, "Exit code", end, "exit");
    add_fact(out, "By", run, "user");
    add_fact(out, "On", run, "host");
    add_fact(out, "Runbook", run, "file");
    add_fact(out, "Run", run, "run");
    add_said(out, "Did", buf_text(&counts), true);
    buf_puts(out, "</dl>\n");
    buf_free(&counts);
}

static void add_params(struct buf *out, const struct value *params)
{
    char count[WORDS_SIZE];
    if (value_count(params) == 0 || params->type != VALUE_OBJECT)
        return;
    buf_printf(out, "<details><summary>%s</summary><div class=\"wide\"><table>",
               words_count((int64_t)params->object.count, "parameter", count));
    for (size_t i = 0; i < params->object.count; i++) {
        buf_puts(out, "<tr><td class=\"soft\">");
        markup_add(out, params->object.members[i].key, params->object.members[i].key_len);
        buf_puts(out, "</td><td class=\"mono\">");
        markup_value(out, params->object.members[i].value);
        buf_puts(out, "</td></tr>\n");
    }
    buf_puts(out, "</table></div></details>\n");
}

// A box with a heading and a list of { step, `text_key` }.
static void add_stays(struct buf *out, const char *heading, const struct value *rows,
                      const char *text_key)
{
    if (value_count(rows) == 0)
        return;
    buf_printf(out, "<div class=\"box bad\"><b>%s</b><ul>\n", heading);
    for (size_t i = 0; i < value_count(rows); i++) {
        buf_puts(out, "<li><b>");
        markup_member(out, value_at(rows, i), "step");
        buf_puts(out, "</b>: ");
        markup_member(out, value_at(rows, i), text_key);
        bool lasting = value_get_bool(value_at(rows, i), "lasting", false);
        buf_printf(out, "%s</li>\n", lasting ? " <span class=\"soft\">(on purpose)</span>" : "");
    }
    buf_puts(out, "</ul></div>\n");
}

static void add_section(struct buf *out, const char *name, const struct value *section)
{
    char seconds[WORDS_SIZE];
    buf_printf(out, "<section><header><span class=\"mark %s\">%s</span><h2>", html_class(section),
               html_mark(section));
    markup_puts(out, name);
    buf_printf(out, "</h2><span class=\"time\">%s</span></header>\n",
               words_seconds(value_get(section, "seconds"), seconds));
}

static void add_rollback(struct buf *out, const struct value *rollback, double run_seconds)
{
    const struct value *undos = value_get(rollback, "undos");
    if (rollback == NULL || rollback->type != VALUE_OBJECT ||
        value_get_bool(rollback, "idle", false))
        return; // nothing had been changed
    add_section(out, "Rollback", rollback);
    html_text(out, "<div class=\"box bad\"><b>Because</b><p>", rollback, "cause", "</p></div>\n");
    if (strcmp(value_get_text(rollback, "outcome"), "ok") == 0)
        buf_puts(out, "<div class=\"box good\"><p>Everything was undone.</p></div>\n");
    add_stays(out, "Not undone", value_get(rollback, "failed"), "error");
    for (size_t i = 0; i < value_count(undos); i++)
        html_step(out, value_at(undos, i), run_seconds);
    buf_puts(out, "</section>\n");
}

static void add_phases(struct buf *out, const struct value *phases, double run_seconds)
{
    for (size_t i = 0; i < value_count(phases); i++) {
        const struct value *phase = value_at(phases, i), *steps = value_get(phase, "steps");
        add_section(out, value_get_text(phase, "name"), phase);
        for (size_t j = 0; j < value_count(steps); j++)
            html_step(out, value_at(steps, j), run_seconds);
        buf_puts(out, "</section>\n");
    }
}

void html_render(const struct value *story, struct buf *out)
{
    const struct value *run = value_get(story, "run"), *end = value_get(story, "end");
    double run_seconds = words_number(value_get(end, "seconds"));
    const char *class = verdict_class(end);
    buf_puts(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                  "style-src 'unsafe-inline'\">\n<title>");
    markup_member(out, run, "name");
    buf_printf(out, ": %s</title>\n<style>%s</style></head><body>\n", verdict_of(story),
               html_style);
    buf_printf(out, "<header><span class=\"badge %s\">%s</span> ", class, verdict_of(story));
    html_text(out, "<b>", run, "name", "</b>");
    html_text(out, "<h1>", end, "headline", "</h1>");
    html_text(out, "<p class=\"soft\">", run, "summary", "</p>");
    buf_puts(out, "</header>\n");
    add_facts(out, run, end);
    add_stays(out, words_stand(value_get(end, "not_undone")), value_get(end, "not_undone"), "text");
    html_text(out, "<div class=\"box\"><b>Next</b><p class=\"mono\">", end, "next", "</p></div>\n");
    add_params(out, value_get(run, "params"));
    html_logs(out, value_get(story, "logs"));
    if (value_get(story, "outlook"))
        outlook_html(out, value_get(story, "outlook"));
    add_rollback(out, value_get(story, "rollback"), run_seconds);
    add_phases(out, value_get(story, "phases"), run_seconds);
    html_text(out, "<footer>Written by runbook ", story, "runbook",
              ". Times are in UTC.</footer>\n");
    buf_puts(out, "</body></html>\n");
}
