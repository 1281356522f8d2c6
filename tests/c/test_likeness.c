// Whether what a run asks for is what its plan has: everything equal, save times and the answers of
// earlier writes.
#include <criterion/criterion.h>
#include <string.h>

#include "base/json.h"
#include "engine/likeness.h"
#include "engine/planned.h"

static struct arena arena;

static void tear_down(void)
{
    arena_free(&arena);
}

TestSuite(likeness, .fini = tear_down);
TestSuite(planned, .fini = tear_down);

static struct value *json(const char *text)
{
    error_local(err);
    struct value *v = json_parse(&arena, text, strlen(text), &err);
    cr_assert(v, "%s: %s", text, error_text(&err));
    return v;
}

// 2026-11-22 in the plan, three hours later in the run.
static struct likeness between(const struct value *answers)
{
    return (struct likeness){.arena = &arena,
                             .planned_at = INT64_C(1795370901398),
                             .now = INT64_C(1795381701398),
                             .answers = answers};
}

static bool alike(const struct value *answers, const char *planned, const char *wanted)
{
    struct likeness l = between(answers);
    return likeness_holds(&l, json(planned), json(wanted));
}

Test(likeness, is_equality_first)
{
    cr_expect(alike(NULL, "{\"a\":[1,{\"b\":null}],\"c\":\"x\"}",
                    "{\"c\":\"x\",\"a\":[1,{\"b\":null}]}"));
    const char *const others[] = {"{\"a\":2}",    "{\"a\":\"2\"}", "{\"a\":1,\"b\":1}", "{}", "[1]",
                                  "{\"a\":null}", "{\"a\":[1]}",   "{\"a\":true}"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        cr_expect_not(alike(NULL, "{\"a\":1}", others[i]), "%s", others[i]);
        cr_expect_not(alike(NULL, others[i], "{\"a\":1}"), "%s", others[i]);
    }
    cr_expect_not(alike(NULL, "[1,2]", "[1,2,3]"));
    cr_expect_not(alike(NULL, "\"a\"", "\"ab\""));
    cr_expect_not(alike(NULL, "\"ab\"", "\"a\""));
}

Test(likeness, names_the_first_difference)
{
    struct likeness l = between(NULL);
    cr_expect_not(likeness_holds(&l, json("{\"body\":{\"list\":[1,{\"n\":2}]}}"),
                                 json("{\"body\":{\"list\":[1,{\"n\":3}]}}")));
    cr_expect_str_eq(l.path, "body.list[1].n");
    cr_expect_str_eq(l.planned, "2");
    cr_expect_str_eq(l.wanted, "3");
    cr_expect_not(likeness_holds(&l, json("{}"), json("{\"new\":\"x\"}")));
    cr_expect_str_eq(l.path, "new");
    cr_expect_str_eq(l.planned, "nothing");
    cr_expect_str_eq(l.wanted, "\"x\"");
}

Test(likeness, a_time_may_stand_for_a_time)
{
    static const char *const pairs[][2] = {
        {"1795370901", "1795381701"},
        {"1795370901398", "1795381701002"},
        {"1795370901.25", "1795381702.5"},
        {"\"t=1795370901,v1=x\"", "\"t=1795381701,v1=x\""},
        {"\"key-1795370901398-a\"", "\"key-1795381701398-a\""},
        {"\"2026-11-22T18:08:21Z\"", "\"2026-11-22T21:08:21Z\""},
        {"\"until 2026-11-22T18:08:21.5+01:00.\"", "\"until 2026-11-22T21:08:21.25+01:00.\""},
        {"\"on 2026-11-22\"", "\"on 2026-11-23\""},
        {"\"1795370901 1795370902\"", "\"1795381701 1795381703\""},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        cr_expect(alike(NULL, pairs[i][0], pairs[i][1]), "%s", pairs[i][0]);
}

Test(likeness, only_a_time_may_stand_for_a_time)
{
    static const char *const pairs[][2] = {
        {"1795370901", "5"},                            // no time
        {"1795370901", "1795381701398"},                // of another unit
        {"1795370901", "\"soon\""},                     //
        {"1795370901", "1995381701"},                   // years away
        {"1000000000", "1000000001"},                   // long ago, so rather a number
        {"\"x1795370901y\"", "\"x1795381701z\""},       // what follows differs
        {"\"2026-11-22T18:08:21Z\"", "\"2026-11-22\""}, // another form
        {"\"2026-11-22\"", "\"2031-11-22\""},           //
        {"500", "700"},                                 //
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        cr_expect_not(alike(NULL, pairs[i][0], pairs[i][1]), "%s %s", pairs[i][0], pairs[i][1]);
}

static struct value *learned(const char *planned, const char *actual)
{
    struct value *answers = value_array(&arena);
    likeness_learn(&arena, answers, json(planned), actual ? json(actual) : NULL);
    return answers;
}

Test(likeness, an_answer_may_stand_for_what_it_was_assumed_to_be)
{
    const struct value *answers = learned(
        "{\"status\":201,\"body\":\"{\\\"id\\\":\\\"we_planned\\\",\\\"n\\\":12345}\"}",
        "{\"status\":201,\"body\":\"{\\\"id\\\":\\\"we_1Qx\\\",\\\"n\\\":99,\\\"more\\\":1}\"}");
    cr_expect(alike(answers, "\"/v1/we_planned\"", "\"/v1/we_1Qx\""));
    cr_expect_not(alike(learned("{\"id\":\"we_planned\"}", "{\"id\":\"x/../../admin\"}"),
                        "\"/v1/we_planned\"", "\"/v1/x/../../admin\""));
    cr_expect(alike(answers, "\"we_planned,we_planned\"", "\"we_1Qx,we_1Qx\""));
    cr_expect(alike(answers, "{\"n\":12345}", "{\"n\":99}"));
    cr_expect(alike(answers, "\"/we_planned?at=1795370901\"", "\"/we_1Qx?at=1795381701\""));
    cr_expect_not(alike(answers, "\"/v1/we_planned\"", "\"/v1/we_other\""), "nobody answered that");
    cr_expect_not(alike(answers, "\"/v1/we_planned\"", "\"/v1/we_1Qx2\""), "nor that");
    cr_expect_not(alike(answers, "\"/v1/other\"", "\"/v1/we_1Qx\""), "the plan has something else");
    cr_expect_not(alike(answers, "\"/v1/we_planned/x\"", "\"/v1/we_1Qx/y\""), "the rest counts");
    cr_expect_not(alike(answers, "\"xwe_planned\"", "\"xwe_1Qx\""), "it is a part of another word");
}

Test(likeness, an_answer_that_begins_as_the_planned_one)
{
    const struct value *longer = learned("\"item\"", "\"item-2\""),
                       *shorter = learned("\"item-2\"", "\"item\"");
    cr_expect(alike(longer, "\"/item/x\"", "\"/item-2/x\""));
    cr_expect(alike(longer, "\"/item\"", "\"/item-2\""));
    cr_expect(alike(shorter, "\"/item-2/x\"", "\"/item/x\""));
    cr_expect(alike(shorter, "\"/item-2\"", "\"/item\""));
}

Test(likeness, of_an_answer_that_was_not_kept_any_word_may_stand)
{
    const struct value *answers = learned("{\"id\":\"th_planned\"}", NULL);
    cr_expect(alike(answers, "\"/things/th_planned\"", "\"/things/th_9-a\""));
    cr_expect_not(alike(answers, "\"/things/th_planned\"", "\"/things/a/b\""),
                  "but one word alone");
    cr_expect_not(alike(answers, "\"/things/th_planned\"", "\"/things/\""), "and not none");
    cr_expect_not(alike(answers, "\"/things/th_planned\"", "\"/things/x\\\",\\\"y\""));
}

Test(likeness, short_fields_are_not_learned)
{
    cr_expect_eq(value_count(learned("{\"n\":3,\"ok\":\"yes\"}", "{\"n\":5,\"ok\":\"no\"}")), 0);
    cr_expect_eq(value_count(learned("{\"a\":\"same\"}", "{\"a\":\"same\"}")), 0);
}

static const char *field(const char *object, const char *path)
{
    const struct value *v = planned_field(&arena, json(object), path);
    struct buf text = {0};
    if (v == NULL)
        return "nothing";
    json_write(&text, v, JSON_CANONICAL);
    const char *copy = arena_copy(&arena, text.data, text.len);
    buf_free(&text);
    return copy;
}

Test(planned, finds_what_a_diff_names)
{
    const char *object =
        "{\"metadata\":{\"annotations\":{\"a.b/c\":\"1\"}},\"spec\":{\"ports\":[{\"port\":1},"
        "{\"port\":2}],\"none\":null}}";
    cr_expect_str_eq(field(object, "metadata.annotations[a.b/c]"), "\"1\"");
    cr_expect_str_eq(field(object, "spec.ports[1].port"), "2");
    cr_expect_str_eq(field(object, "spec.ports[2].port"), "nothing");
    cr_expect_str_eq(field(object, "spec.none"), "nothing");
    cr_expect_str_eq(field(object, "spec.none.deeper"), "nothing");
    cr_expect_str_eq(field("{\"a\":1}", ""), "{\"a\":1}");
    cr_expect_str_eq(field("null", ""), "nothing");
    cr_expect_str_eq(field(object, "spec[ports"), "[{\"port\":1},{\"port\":2}]");
}
