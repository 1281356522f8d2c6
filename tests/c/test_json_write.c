#include <criterion/criterion.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

#define TEXT(literal) (literal), sizeof(literal) - 1
#define COUNT(list)   (sizeof(list) / sizeof *(list))

static char *write(const struct value *v, enum json_style style)
{
    struct buf out = {0};
    cr_assert(json_write(&out, v, style));
    return buf_take(&out);
}

Test(json_write, styles)
{
    struct arena a = {0};
    struct value *v = json_parse(&a, TEXT("{\"b\":[1,{\"c\":null}],\"a\":{},\"e\":[]}"), NULL);
    const char *expected[] = {"{\"a\":{},\"b\":[1,{\"c\":null}],\"e\":[]}",
                              "{\"b\":[1,{\"c\":null}],\"a\":{},\"e\":[]}",
                              "{\n  \"b\": [\n    1,\n    {\n      \"c\": null\n    }\n  ],\n"
                              "  \"a\": {},\n  \"e\": []\n}"};
    for (enum json_style style = JSON_CANONICAL; style <= JSON_PRETTY; style++) {
        char *text = write(v, style);
        cr_expect_str_eq(text, expected[style]);
        free(text);
    }
    arena_free(&a);
}

Test(json_write, equal_values_give_equal_canonical_bytes)
{
    struct arena a = {0};
    struct value *one = json_parse(&a, TEXT("{\"x\":{\"b\":1,\"a\":[0.0]},\"w\":2}"), NULL);
    struct value *two = json_parse(&a, TEXT("{\"w\":2,\"x\":{\"a\":[0.0],\"b\":1}}"), NULL);
    struct value *other = json_parse(&a, TEXT("{\"w\":2,\"x\":{\"a\":[-0.0],\"b\":1}}"), NULL);
    char *first = write(one, JSON_CANONICAL), *second = write(two, JSON_CANONICAL);
    char *third = write(other, JSON_CANONICAL);
    cr_assert(value_equal(one, two));
    cr_assert_str_eq(first, second);
    cr_assert_not(value_equal(one, other));
    cr_assert_str_neq(first, third);
    free(first);
    free(second);
    free(third);
    arena_free(&a);
}

Test(json_write, bytes_that_are_not_utf8_are_written_as_such)
{
    const struct {
        const char *text;
        size_t len;
        const char *expected;
    } cases[] = {{TEXT("a\xFF"), "\"a\xEF\xBF\xBD\""},
                 {TEXT("\x80\x80z"), "\"\xEF\xBF\xBD\xEF\xBF\xBDz\""},
                 {TEXT("\xE2\x82"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
                 {TEXT("\xE2\x82\n\xC3\""), "\"\xEF\xBF\xBD\xEF\xBF\xBD\\n\xEF\xBF\xBD\\\"\""},
                 {TEXT("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
                 {TEXT("\xC3\xA9\xC3"), "\"\xC3\xA9\xEF\xBF\xBD\""}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf out = {0};
        cr_assert(json_write_string(&out, cases[i].text, cases[i].len));
        cr_expect_str_eq(out.data, cases[i].expected);
        buf_free(&out);
    }
}

Test(json_write, floats_read_back_as_themselves)
{
    const double numbers[] = {0.0,  -0.0,    1.0,     0.1,     1.0 / 3, 2.0 / 3,   1e21,   1e22,
                              1e23, 123e-20, 4.35,    0.5e-9,  M_PI,    -M_E,      5e-324, 1e15,
                              1e16, 1e17,    DBL_MAX, DBL_MIN, -1e-7,   1234567.0, 0x1p53, 0x1p63};
    struct arena a = {0};
    uint64_t bits = 88172645463325252;
    for (size_t i = 0; i < 20000; i++) {
        double n;
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        memcpy(&n, &bits, sizeof n);
        if (i < COUNT(numbers))
            n = numbers[i];
        if (!isfinite(n))
            continue;
        char *text = write(value_float(&a, n), JSON_CANONICAL);
        struct value *back = json_parse(&a, text, strlen(text), NULL);
        cr_assert(value_equal(back, value_float(&a, n)), "%a became %s", n, text);
        free(text);
    }
    arena_free(&a);
}

Test(json_write, numbers_do_not_follow_the_locale)
{
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL && setlocale(LC_ALL, "fr_FR.UTF-8") == NULL)
        cr_skip_test("no locale with a decimal comma is installed");
    struct arena a = {0};
    struct value *v = json_parse(&a, TEXT("[1.5,-2e-3]"), NULL);
    char *text = write(v, JSON_CANONICAL);
    cr_assert_str_eq(text, "[1.5,-0.002]");
    free(text);
    arena_free(&a);
}

Test(json_write, the_cap_of_a_buffer_holds)
{
    struct arena a = {0};
    struct value *v = json_parse(
        &a, TEXT("{\"b\":[1,-2.5,null,true],\"a\":{\"t\":\"\\n\xC3\xA9\"},\"e\":[]}"), NULL);
    for (enum json_style style = JSON_CANONICAL; style <= JSON_PRETTY; style++) {
        char *whole = write(v, style);
        for (size_t max = 1; max <= strlen(whole); max++) {
            struct buf out = {.max = max};
            cr_assert_eq(json_write(&out, v, style), max == strlen(whole));
            cr_assert_leq(out.len, max);
            buf_free(&out);
        }
        free(whole);
    }
    arena_free(&a);
}

Test(json_write, nothing_is_written_as_null)
{
    char *text = write(NULL, JSON_COMPACT);
    cr_assert_str_eq(text, "null");
    free(text);
}
