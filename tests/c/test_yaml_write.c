#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/yaml.h"

#define TEXT(literal) (literal), sizeof(literal) - 1
#define COUNT(list)   (sizeof(list) / sizeof *(list))

// Reads `text` as JSON, and what it is written as in YAML as YAML; they are the same value.
static void assert_writes(const char *json, const char *expected)
{
    struct arena a = {0};
    struct buf out = {0};
    error_local(err);
    struct value *v = json_parse(&a, json, strlen(json), &err);
    cr_assert(v, "%s: %s", json, error_text(&err));
    cr_assert(yaml_write(&out, v));
    cr_expect_str_eq(out.data, expected, "%s\n  was written: %s\n  not: %s", json, out.data,
                     expected);
    struct value *back = yaml_parse(&a, out.data, out.len, &err);
    cr_assert(back, "%s: %s", json, error_text(&err));
    cr_expect(value_count(back) == 1 && value_equal(v, value_at(back, 0)),
              "%s reads back otherwise", out.data);
    buf_free(&out);
    arena_free(&a);
}

static const struct {
    const char *json, *yaml;
} documents[] = {
    {"null", "null\n"},
    {"true", "true\n"},
    {"-9223372036854775808", "-9223372036854775808\n"},
    {"1.0", "1.0\n"},
    {"1e300", "1.0e+300\n"},
    {"-0.0", "-0.0\n"},
    {"\"text\"", "text\n"},
    {"\"\"", "\"\"\n"},
    {"[]", "[]\n"},
    {"{}", "{}\n"},
    {"[[],{}]", "- []\n- {}\n"},
    {"{\"a\":[],\"b\":{}}", "a: []\nb: {}\n"},
    {"{\"b\":1,\"a\":{\"x\":[1,{\"k\":2,\"z\":null}]}}",
     "b: 1\na:\n  x:\n  - 1\n  - k: 2\n    z: null\n"},
    {"[[1,2],[3]]", "- - 1\n  - 2\n- - 3\n"},
    // literal blocks
    {"{\"a\":\"one\\ntwo\\n\",\"b\":\"one\\n  two\",\"c\":\"x\\n\\n\"}",
     "a: |\n  one\n  two\nb: |-\n  one\n    two\nc: |+\n  x\n\n...\n"},
    {"{\"a\":\"  led\\nby spaces\\n\"}", "a: |2\n    led\n  by spaces\n"},
    {"\"a\\nb\"", "|-\n  a\n  b\n"},
    {"{\"a\":\"\xC3\xA9\\n# no comment\\n- no: item\\n\"}",
     "a: |\n  \xC3\xA9\n  # no comment\n  - no: item\n"},
    // where a literal block would lose something
    {"{\"a\":\"trailing \\nspace\"}", "a: \"trailing \\nspace\"\n"},
    {"{\"a\":\"carriage\\r\\nreturn\"}", "a: \"carriage\\r\\nreturn\"\n"},
    {"{\"a\":\"\\tb\\n\"}", "a: \"\\tb\\n\"\n"},
    // long lines stay whole
    {"[\"a line of many words, which is longer than the eighty characters of a terminal of old\"]",
     "- a line of many words, which is longer than the eighty characters of a terminal of old\n"},
    // signs of YAML
    {"[\"a: b\",\"a #b\",\"- "
     "a\",\"[a\",\"{a\",\"*a\",\"&a\",\"!a\",\"%a\",\"@a\",\"`a\",\"|\",\">\"]",
     "- 'a: b'\n- 'a #b'\n- '- a'\n- '[a'\n- '{a'\n- '*a'\n- '&a'\n- '!a'\n- '%a'\n- '@a'\n- '`a'\n"
     "- '|'\n- '>'\n"},
    {"[\" a\",\"a \",\"a:\",\":a\",\"it's\",\"'\",\"\\\"\",\"#\",\"a,b\",\"a]b\",\"?\",\"-\"]",
     "- ' a'\n- 'a '\n- 'a:'\n- :a\n- it's\n- ''''\n- '\"'\n- '#'\n- a,b\n- a]b\n- '?'\n- '-'\n"},
    {"[\"---\",\"...\",\"--- a\"]", "- '---'\n- '...'\n- '--- a'\n"},
    {"\"\\u0000\\u0007\\u001b\\u007f\\u0085\\u00a0\\u2028\\ufeff\\ufffe\"",
     "\"\\0\\a\\e\\x7F\\N\xC2\xA0\\L\\uFEFF\\uFFFE\"\n"},
    {"\"\xF0\x9F\x98\x80\"", "\"\\U0001F600\"\n"},
    // keys
    {"{\"1\":1,\"true\":2,\"\":3,\"no\":4,\"<<\":{},\"a: b\":5,\"a\\nb\":6,\"0x1\":7}",
     "\"1\": 1\n\"true\": 2\n\"\": 3\n\"no\": 4\n\"<<\": {}\n'a: b': 5\n? |-\n  a\n  b\n: 6\n"
     "\"0x1\": 7\n"},
    {"{\"nginx.ingress.kubernetes.io/canary-weight\":\"5\"}",
     "nginx.ingress.kubernetes.io/canary-weight: \"5\"\n"},
};

Test(yaml_write, documents)
{
    for (size_t i = 0; i < COUNT(documents); i++)
        assert_writes(documents[i].json, documents[i].yaml);
}

static void assert_string(const char *text, bool quoted)
{
    struct arena a = {0};
    struct buf out = {0};
    cr_assert(yaml_write(&out, value_string(&a, text)));
    cr_expect((*out.data == '"') == quoted, "%s is written %s", text, out.data);
    struct value *back = value_at(yaml_parse(&a, out.data, out.len, NULL), 0);
    cr_expect_str_eq(value_text(back), text);
    buf_free(&out);
    arena_free(&a);
}

// Each of the strings, which '|' parts, reads back as itself, and is written in quotes or without.
static void assert_strings(const char *list, bool quoted)
{
    char *strings = strdup(list), *rest = NULL;
    for (char *s = strtok_r(strings, "|", &rest); s; s = strtok_r(NULL, "|", &rest))
        assert_string(s, quoted);
    free(strings);
}

Test(yaml_write, strings_that_some_reader_would_take_for_something_else)
{
    assert_strings(
        "null|Null|NULL|~|true|True|FALSE|yes|Yes|YES|no|No|on|On|OFF|y|N|0|1|-1|+1|12|1.5|"
        ".5|1.|1e3|-1.5E-3|0x1F|0o17|0b101|017|089|1_000|1,000|12:30|12:30:45|1:1.5|"
        "2024-01-01|2024-01-01T10:00:00Z|2024-01-01 10:00:00 +01:00|2001-12-14t21:59:43.10|"
        ".inf|-.INF|+.Inf|.nan|.NaN|1e400|7e1234|1a2b3c|10.0.0.1|=|<<|9223372036854775808|"
        "+1 2",
        true);
}

Test(yaml_write, strings_that_need_no_quotes)
{
    assert_strings(
        "text|nothing|yesterday|n0|x1|e3|nul|100m|2Gi|15m|1h30m|50%|v1.2.3|1.2.3-rc1|"
        "localhost:80|a-b_c.d/e|http://x/?a=b&c|null and void|2 apples|$ref|(a)|a=b|\xC3\xA9|"
        "infinite|-x|--flag|./run|/bin/sh|~/x",
        false);
}

static uint32_t chance(uint64_t *state, uint32_t below)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 33) % below;
}

// A string made of what is likely to be written wrongly.
static struct value *random_string(struct arena *a, uint64_t *state)
{
    static const char signs[] = "  \n\n\n\t\r:#-?'\"\\|>+[]{},&*!%@`~=.<abe01\x01\x7F";
    static const char *const words[] = {"null", "no", "---", "...", ": ", " #", "- ", "<<", "\r\n",
                                        "two words", "\xC3\xA9",
                                        // U+85, U+A0, U+2028, U+2029, U+FEFF, U+FFFE, U+1F600
                                        "\xC2\x85", "\xC2\xA0", "\xE2\x80\xA8", "\xE2\x80\xA9",
                                        "\xEF\xBB\xBF", "\xEF\xBF\xBE", "\xF0\x9F\x98\x80"};
    struct buf text = {0};
    for (uint32_t n = chance(state, 8); n > 0; n--) {
        if (chance(state, 2))
            buf_putc(&text, signs[chance(state, sizeof signs)]); // its NUL is one of them
        else
            buf_puts(&text, words[chance(state, COUNT(words))]);
    }
    struct value *v = value_bytes(a, buf_text(&text), text.len);
    buf_free(&text);
    return v;
}

static struct value *random_value(struct arena *a, uint64_t *state, int depth)
{
    struct value *v;
    switch (chance(state, depth > 4 ? 8 : 12)) {
    case 0:
        return value_null(a);
    case 1:
        return value_bool(a, chance(state, 2));
    case 2:
        return value_int(a, (int64_t)*state);
    case 3:
        return value_float(a, (double)(int64_t)*state / 1e9);
    case 8:
    case 9:
        v = value_array(a);
        for (uint32_t n = chance(state, 4); n > 0; n--)
            value_push(a, v, random_value(a, state, depth + 1));
        return v;
    case 10:
    case 11:
        v = value_object(a);
        for (uint32_t n = chance(state, 4); n > 0; n--)
            value_set(a, v, value_text(random_string(a, state)), random_value(a, state, depth + 1));
        return v;
    default:
        return random_string(a, state);
    }
}

Test(yaml_write, random_values_read_back_as_themselves)
{
    uint64_t state = 88172645463325252;
    for (int i = 0; i < 20000; i++) {
        struct arena a = {0};
        struct buf yaml = {0}, json = {0};
        error_local(err);
        error_set(&err, "one document was not read back as one");
        struct value *v = random_value(&a, &state, 0), *back = NULL;
        json_write(&json, v, JSON_COMPACT);
        cr_assert(yaml_write(&yaml, v), "%s", json.data);
        back = yaml_parse(&a, yaml.data, yaml.len, &err);
        cr_assert(value_count(back) == 1, "%s\n%s\n%s", json.data, yaml.data, error_text(&err));
        cr_assert(value_equal(v, value_at(back, 0)), "%s\n%s", json.data, yaml.data);
        buf_free(&yaml);
        buf_free(&json);
        arena_free(&a);
    }
}

Test(yaml_write, long_keys_and_strings)
{
    const char *begins[] = {"k", "k\n", "\xC3\xA9", "- ", "1: ", "\t"};
    for (size_t len = 100; len < 3000;
         len = len < 140 || (len > 1000 && len < 1040) ? len + 1 : len * 2) {
        for (size_t i = 0; i < COUNT(begins); i++) {
            struct arena a = {0};
            struct buf text = {0}, yaml = {0};
            error_local(err);
            error_set(&err, "one document was not read back as one");
            buf_puts(&text, begins[i]);
            while (text.len < len)
                buf_putc(&text, 'x');
            struct value *v = value_object(&a), *back;
            value_set(&a, v, text.data, value_string(&a, text.data));
            value_set(&a, v, "next", value_array(&a));
            cr_assert(yaml_write(&yaml, v));
            back = yaml_parse(&a, yaml.data, yaml.len, &err);
            cr_assert(value_equal(v, value_at(back, 0)), "%s\n%s", yaml.data, error_text(&err));
            buf_free(&text);
            buf_free(&yaml);
            arena_free(&a);
        }
    }
}

Test(yaml_write, documents_follow_one_another)
{
    struct arena a = {0};
    struct buf out = {0};
    struct value *stream =
        json_parse(&a, TEXT("[{\"a\":\"b\\n\\n\"},null,\"c\",[\"d\\n\"],\"e\\n\\n\",1]"), NULL);
    for (size_t i = 0; i < value_count(stream); i++) {
        buf_puts(&out, "---\n");
        cr_assert(yaml_write(&out, value_at(stream, i)));
    }
    cr_assert(value_equal(yaml_parse(&a, out.data, out.len, NULL), stream), "%s", out.data);
    buf_free(&out);
    arena_free(&a);
}

Test(yaml_write, bytes_that_are_not_utf8_are_written_as_such)
{
    struct arena a = {0};
    struct buf out = {0};
    struct value *v = value_object(&a);
    value_set(&a, v, "a\xFF", value_bytes(&a, TEXT("b\xC3")));
    cr_assert(yaml_write(&out, v));
    cr_assert_str_eq(out.data, "a\xEF\xBF\xBD: b\xEF\xBF\xBD\n");
    buf_free(&out);
    arena_free(&a);
}

Test(yaml_write, the_cap_of_a_buffer_holds)
{
    struct arena a = {0};
    struct value *v = json_parse(&a, TEXT("{\"a\":[1,\"b\\nc\",{}],\"d\":\"no\"}"), NULL);
    struct buf whole = {0};
    cr_assert(yaml_write(&whole, v));
    for (size_t max = 1; max <= whole.len; max++) {
        struct buf out = {.max = max};
        cr_assert_eq(yaml_write(&out, v), max == whole.len);
        cr_assert_leq(out.len, max);
        buf_free(&out);
    }
    buf_free(&whole);
    arena_free(&a);
}

Test(yaml_write, nothing_is_written_as_null)
{
    struct buf out = {0};
    cr_assert(yaml_write(&out, NULL));
    cr_assert_str_eq(out.data, "null\n");
    buf_free(&out);
}
