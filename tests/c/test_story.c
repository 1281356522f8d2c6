#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/chart.h"
#include "record/figures.h"
#include "record/ndjson.h"
#include "record/story.h"
#include "telling.h"

Test(story, long_runs_stay_small)
{
    struct story *s = story_new();
    struct arena a = {0};
    struct value *data = value_object(&a);
    struct event e = {EVENT_STEP_STARTED, TELLING_BEGINS, "p", "s", value_object(&a)};
    value_set(&a, data, "access", value_string(&a, "read"));
    value_set(&a, data, "outcome", value_string(&a, "done"));
    value_set(&a, data, "name", value_string(&a, "g"));
    value_set(&a, data, "limit", value_string(&a, "below 5000"));
    value_set(&a, data, "ok", value_bool(&a, true));
    story_hear(s, &e);
    e.data = data;
    for (int i = 0; i < 3000; i++) {
        e.at += 1000;
        value_set(&a, data, "value", value_printf(&a, "%d", i));
        e.type = EVENT_EFFECT_ENDED;
        story_hear(s, &e);
        e.type = EVENT_GATE;
        story_hear(s, &e);
    }
    value_set(&a, data, "access", value_string(&a, "write"));
    e.type = EVENT_EFFECT_ENDED;
    story_hear(s, &e);
    const struct value *step =
        value_at(value_get(value_at(value_get(story_finish(s), "phases"), 0), "steps"), 0);
    const struct value *points = value_get(value_at(value_get(step, "figures"), 0), "points");
    cr_expect_leq(value_count(points), FIGURES_MOST_POINTS);
    cr_expect_str_eq(value_get_text(value_at(points, 0), "value"), "0");
    cr_expect_str_eq(value_get_text(value_at(points, value_count(points) - 1), "value"), "2999");
    cr_expect_eq(value_count(value_get(step, "effects")), STORY_MOST_EFFECTS + 1);
    cr_expect_eq(value_get_int(step, "effects_left_out", 0), 3000 - STORY_MOST_EFFECTS);
    cr_expect_eq(value_get_int(value_at(value_get(step, "gates"), 0), "times", 0), 3000);
    cr_expect_str_eq(value_get_text(step, "outcome"), "stopped");
    arena_free(&a);
    story_free(s);
}

Test(chart, numbers_in_texts)
{
    static const struct {
        const char *text;
        double number;
        const char *unit;
    } rows[] = {{"below 0.5 %", 0.5, "%"},
                {"118 ms", 0.118, "s"},
                {"below 2m (2 x baseline 1m)", 120, "s"},
                {"-3", -3, ""},
                {"at most 7 requests", 7, "request"}};
    double number;
    char unit[8];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_assert(chart_number(rows[i].text, &number, unit), "%s", rows[i].text);
        cr_expect_float_eq(number, rows[i].number, 1e-9, "%s: %g", rows[i].text, number);
        cr_expect_str_eq(unit, rows[i].unit);
    }
    cr_expect_not(chart_number("no data", &number, unit));
    cr_expect_not(chart_number("", &number, unit));
}

Test(ndjson, a_line_an_event)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    struct listener *n = ndjson_new(out);
    tell(n, "{'event':'step.ended','at':33123,'phase':'canary','step':'5 %','outcome':'ok','n':1}\n"
            "{'event':'log','at':0,'text':'a\\nb\\u001b'}\n");
    ndjson_free(n);
    fclose(out);
    cr_expect_str_eq(text, "{\"event\":\"step.ended\",\"at\":\"2026-11-22T14:22:33.123Z\","
                           "\"phase\":\"canary\",\"step\":\"5 %\",\"outcome\":\"ok\",\"n\":1}\n"
                           "{\"event\":\"log\",\"at\":\"2026-11-22T14:22:00.000Z\","
                           "\"text\":\"a\\nb\\u001b\"}\n");
    free(text);
}

Test(chart, draws_what_is_a_number_of_the_limits_unit)
{
    static const struct {
        const char *points, *value, *has;
    } rows[] = {
        {"[{\"seconds\":0,\"value\":\"no data\",\"ok\":false},{\"seconds\":1,\"value\":\"1 "
         "%\",\"ok\":true},"
         "{\"seconds\":2,\"value\":\"3 s\",\"ok\":true},{\"seconds\":3,\"value\":\"9 "
         "%\",\"ok\":false}]",
         "9 %", "<circle class=\"bad\" cx=\"165.0\" cy=\"4.8\""},
        {"[{\"seconds\":1,\"value\":\"1 %\",\"ok\":true}]", "1 %",
         "<rect class=\"good\" width=\"22.4\""},
        {"[]", "1 s", NULL},
        {"[]", "no data", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = {0};
        struct buf out = {0};
        error_local(err);
        struct value *figure = value_object(&a);
        value_set(&a, figure, "points",
                  json_parse(&a, rows[i].points, strlen(rows[i].points), &err));
        chart_figure(&out, figure, rows[i].value, "below 5 %", true);
        cr_expect(rows[i].has ? strstr(buf_text(&out), rows[i].has) != NULL : out.len == 0, "%s",
                  buf_text(&out));
        buf_free(&out);
        arena_free(&a);
    }
}
