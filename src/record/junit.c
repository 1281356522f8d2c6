#include "record/junit.h"

#include <string.h>

#include "record/markup.h"
#include "record/words.h"

struct tally {
    int tests, failures, skipped;
};

static bool outcome_is(const struct value *item, const char *outcome)
{
    return strcmp(value_get_text(item, "outcome"), outcome) == 0;
}

static bool has_failed(const struct value *step)
{
    return outcome_is(step, "failed") || outcome_is(step, "stopped");
}

static bool was_skipped(const struct value *step)
{
    return outcome_is(step, "skipped") || outcome_is(step, "not run");
}

static struct tally tally_of(const struct value *steps)
{
    struct tally t = {0};
    for (size_t i = 0; i < value_count(steps); i++) {
        t.tests++;
        t.failures += has_failed(value_at(steps, i));
        t.skipped += was_skipped(value_at(steps, i));
    }
    return t;
}

static double seconds_of(const struct value *item)
{
    double seconds = words_number(value_get(item, "seconds"));
    return seconds > 0 ? seconds : 0;
}

static void add_attribute(struct buf *out, const char *name, const struct value *object,
                          const char *key)
{
    buf_printf(out, " %s=\"", name);
    markup_member(out, object, key);
    buf_putc(out, '"');
}

static void add_failure(struct buf *out, const struct value *step)
{
    const struct value *error = value_get(step, "error");
    bool stopped = outcome_is(step, "stopped");
    buf_puts(out, "      <failure");
    add_attribute(out, "message", error, "text");
    buf_puts(out, " type=\"");
    if (stopped)
        buf_puts(out, "stopped");
    else
        markup_member(out, error, "kind");
    buf_puts(out, "\">");
    markup_member(out, error, "text");
    if (*value_get_text(error, "where")) {
        buf_puts(out, "\nat ");
        markup_member(out, error, "where");
    }
    if (*value_get_text(error, "detail")) {
        buf_puts(out, "\n\n");
        markup_member(out, error, "detail");
    }
    buf_puts(out, "</failure>\n");
}

// What the step changed, found and said, line by line.
static void add_output(struct buf *out, const struct value *step)
{
    static const struct {
        const char *list, *text, *word;
    } kinds[] = {{"effects", "summary", "access"},
                 {"checks", "text", NULL},
                 {"gates", "name", "verdict"},
                 {"logs", "text", "level"}};
    struct buf lines = {0};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const struct value *list = value_get(step, kinds[k].list);
        for (size_t i = 0; i < value_count(list); i++) {
            const struct value *item = value_at(list, i);
            bool ok = value_get_bool(item, "ok", false);
            buf_puts(&lines, kinds[k].word ? "" : ok ? "check holds" : "check failed");
            if (kinds[k].word)
                markup_member(&lines, item, kinds[k].word);
            buf_puts(&lines, ": ");
            markup_member(&lines, item, kinds[k].text);
            if (value_get(item, "limit")) {
                buf_puts(&lines, " = ");
                markup_member(&lines, item, "value");
                buf_puts(&lines, ", limit ");
                markup_member(&lines, item, "limit");
            }
            buf_putc(&lines, '\n');
        }
    }
    if (lines.len)
        buf_printf(out, "      <system-out>%s</system-out>\n", lines.data);
    buf_free(&lines);
}

static void add_case(struct buf *out, const struct value *run, const char *suite,
                     const struct value *step)
{
    buf_puts(out, "    <testcase");
    add_attribute(out, "name", step, "name");
    buf_puts(out, " classname=\"");
    markup_member(out, run, "name");
    buf_putc(out, '.');
    markup_puts(out, suite);
    buf_printf(out, "\" time=\"%.3f\">\n", seconds_of(step));
    if (has_failed(step))
        add_failure(out, step);
    if (was_skipped(step)) {
        buf_puts(out, "      <skipped");
        add_attribute(out, "message", step, outcome_is(step, "skipped") ? "reason" : "outcome");
        buf_puts(out, "/>\n");
    }
    add_output(out, step);
    buf_puts(out, "    </testcase>\n");
}

static void add_suite(struct buf *out, const struct value *run, const char *name,
                      const struct value *suite, const struct value *steps)
{
    struct tally t = tally_of(steps);
    buf_puts(out, "  <testsuite name=\"");
    markup_puts(out, name);
    buf_printf(out, "\" tests=\"%d\" failures=\"%d\" errors=\"0\" skipped=\"%d\" time=\"%.3f\"",
               t.tests, t.failures, t.skipped, seconds_of(suite));
    if (value_get(suite, "started")) // the schema knows neither a fraction nor a zone
        buf_printf(out, " timestamp=\"%.19s\"", value_get_text(suite, "started"));
    buf_puts(out, ">\n");
    for (size_t i = 0; i < value_count(steps); i++)
        add_case(out, run, name, value_at(steps, i));
    buf_puts(out, "  </testsuite>\n");
}

void junit_render(const struct value *story, struct buf *out)
{
    const struct value *run = value_get(story, "run"), *phases = value_get(story, "phases");
    const struct value *rollback = value_get(story, "rollback");
    const struct value *undos = value_get(rollback, "undos");
    struct tally all = tally_of(undos);
    for (size_t i = 0; i < value_count(phases); i++) {
        struct tally t = tally_of(value_get(value_at(phases, i), "steps"));
        all.tests += t.tests;
        all.failures += t.failures;
        all.skipped += t.skipped;
    }
    buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    add_attribute(out, "name", run, "name");
    buf_printf(out, " tests=\"%d\" failures=\"%d\" errors=\"0\" skipped=\"%d\" time=\"%.3f\">\n",
               all.tests, all.failures, all.skipped, seconds_of(value_get(story, "end")));
    for (size_t i = 0; i < value_count(phases); i++) {
        const struct value *phase = value_at(phases, i);
        add_suite(out, run, value_get_text(phase, "name"), phase, value_get(phase, "steps"));
    }
    if (value_count(undos))
        add_suite(out, run, "rollback", rollback, undos);
    buf_puts(out, "</testsuites>\n");
}
