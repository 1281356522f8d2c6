#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/json.h"

#define TEXT(literal) (literal), sizeof(literal) - 1
#define COUNT(list)   (sizeof(list) / sizeof *(list))

// Parses a copy that ends where its memory ends, so that a sanitizer sees a read past the text.
static struct value *parse(struct arena *a, const char *text, size_t len, struct error *err)
{
    char *copy = malloc(len ? len : 1);
    memcpy(copy, text, len);
    struct value *v = json_parse(a, copy, len, err);
    free(copy);
    return v;
}

static char *write(const struct value *v, enum json_style style)
{
    struct buf out = {0};
    cr_assert(json_write(&out, v, style));
    return buf_take(&out);
}

// What is written in any style reads back as the same value, and canonical text stays as it is.
static void assert_round_trip(const struct value *v, const char *what)
{
    for (enum json_style style = JSON_CANONICAL; style <= JSON_PRETTY; style++) {
        struct arena a = {0};
        error_local(err);
        struct buf text = {0}, again = {0};
        cr_assert(json_write(&text, v, style));
        struct value *back = parse(&a, text.data, text.len, &err);
        cr_assert(back, "%s: what style %d wrote does not parse: %s", what, style,
                  error_text(&err));
        cr_assert(value_equal(v, back), "%s: style %d changed it: %s", what, style, text.data);
        cr_assert(json_write(&again, back, style));
        cr_assert(text.len == again.len && memcmp(text.data, again.data, text.len) == 0,
                  "%s: style %d is not stable: %s", what, style, text.data);
        buf_free(&text);
        buf_free(&again);
        arena_free(&a);
    }
}

static const struct {
    const char *text;
    size_t len;
    const char *canonical;
} valid[] = {
    // words
    {TEXT("null"), "null"},
    {TEXT("true"), "true"},
    {TEXT("false"), "false"},
    {TEXT(" \t\r\n null \t\r\n "), "null"},
    // whole numbers
    {TEXT("0"), "0"},
    {TEXT("-0"), "0"},
    {TEXT("3"), "3"},
    {TEXT("-1"), "-1"},
    {TEXT("10"), "10"},
    {TEXT("9007199254740992"), "9007199254740992"},
    {TEXT("9007199254740993"), "9007199254740993"}, // 2^53 + 1: no double holds it
    {TEXT("-9007199254740993"), "-9007199254740993"},
    {TEXT("9223372036854775807"), "9223372036854775807"},
    {TEXT("-9223372036854775808"), "-9223372036854775808"},
    {TEXT("9223372036854775808"), "9.223372036854776e+18"},
    {TEXT("-9223372036854775809"), "-9.223372036854776e+18"},
    {TEXT("18446744073709551615"), "1.8446744073709552e+19"},
    {TEXT("100000000000000000000000000000000"), "1.0e+32"},
    // floats
    {TEXT("0.0"), "0.0"},
    {TEXT("-0.0"), "-0.0"},
    {TEXT("-0e0"), "-0.0"},
    {TEXT("0e9"), "0.0"},
    {TEXT("1.0"), "1.0"},
    {TEXT("1.50"), "1.5"},
    {TEXT("1e0"), "1.0"},
    {TEXT("1E2"), "100.0"},
    {TEXT("1e+2"), "100.0"},
    {TEXT("1E-2"), "0.01"},
    {TEXT("12.5e1"), "125.0"},
    {TEXT("1e00000002"), "100.0"},
    {TEXT("0.1"), "0.1"},
    {TEXT("0.30000000000000004"), "0.30000000000000004"},
    {TEXT("0.1000000000000000055511151231257827"), "0.1"},
    {TEXT("123456789.125"), "123456789.125"},
    {TEXT("1e15"), "1.0e+15"},
    {TEXT("1e300"), "1.0e+300"},
    {TEXT("1.7976931348623157e308"), "1.7976931348623157e+308"},
    {TEXT("2.2250738585072014e-308"), "2.2250738585072014e-308"},
    {TEXT("5e-324"), "4.94065645841247e-324"},
    {TEXT("1e-400"), "0.0"},
    {TEXT("-1e-400"), "-0.0"},
    {TEXT("0.000000000000000000000000000000000000000000000000001"), "1.0e-51"},
    // strings
    {TEXT("\"\""), "\"\""},
    {TEXT("\"a\""), "\"a\""},
    {TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), "\"\\\"\\\\/\\b\\f\\n\\r\\t\""},
    {TEXT("\"\\u0041\\u00e9\\u20AC\""), "\"A\xC3\xA9\xE2\x82\xAC\""},
    {TEXT("\"\\u0000\""), "\"\\u0000\""},
    {TEXT("\"a\\u0000b\\u0000\""), "\"a\\u0000b\\u0000\""},
    {TEXT("\"\\u001f\\u0020\""), "\"\\u001f \""},
    {TEXT("\"\x7F\""), "\"\x7F\""},
    {TEXT("\"\\ud83d\\ude00\""), "\"\xF0\x9F\x98\x80\""},
    {TEXT("\"\\uD834\\uDD1E!\""), "\"\xF0\x9D\x84\x9E!\""},
    {TEXT("\"\\udbff\\udfff\""), "\"\xF4\x8F\xBF\xBF\""},
    {TEXT("\"\\uD800\\uDC00\""), "\"\xF0\x90\x80\x80\""},
    {TEXT("\"\\uFFFF\\uFFFE\\uFEFF\""), "\"\xEF\xBF\xBF\xEF\xBF\xBE\xEF\xBB\xBF\""},
    {TEXT("\"\\ud7ff\\ue000\""), "\"\xED\x9F\xBF\xEE\x80\x80\""},
    {TEXT("\"\\\\u0041\""), "\"\\\\u0041\""},
    {TEXT("\"\xC2\x80 \xDF\xBF \xE0\xA0\x80 \xEF\xBF\xBD \xF0\x90\x80\x80 \xF4\x8F\xBF\xBF\""),
     "\"\xC2\x80 \xDF\xBF \xE0\xA0\x80 \xEF\xBF\xBD \xF0\x90\x80\x80 \xF4\x8F\xBF\xBF\""},
    {TEXT("\"\xE2\x80\xA8\xE2\x80\xA9\""), "\"\xE2\x80\xA8\xE2\x80\xA9\""},
    {TEXT("\"</script> ' & // /* */ #\""), "\"</script> ' & // /* */ #\""},
    {TEXT("\"[1,{}]\""), "\"[1,{}]\""},
    // arrays and objects
    {TEXT("[]"), "[]"},
    {TEXT("[ ]"), "[]"},
    {TEXT("{}"), "{}"},
    {TEXT("{ \n }"), "{}"},
    {TEXT("[[],{}]"), "[[],{}]"},
    {TEXT("{\"a\":[],\"o\":{}}"), "{\"a\":[],\"o\":{}}"},
    {TEXT("[1]"), "[1]"},
    {TEXT("[1 , 2\t,3\r\n]"), "[1,2,3]"},
    {TEXT("[null,true,false,0,0.5,\"\",[],{}]"), "[null,true,false,0,0.5,\"\",[],{}]"},
    {TEXT("[1.0,1]"), "[1.0,1]"},
    {TEXT("[[[[[[1]]]]]]"), "[[[[[[1]]]]]]"},
    {TEXT("{\"b\":1,\"a\":2}"), "{\"a\":2,\"b\":1}"},
    {TEXT("{ \"a\" : { \"b\" : [ 1 , { \"c\" : null } ] } }"), "{\"a\":{\"b\":[1,{\"c\":null}]}}"},
    {TEXT("{\"\":0}"), "{\"\":0}"},
    {TEXT("{\"a\\u0000\":1,\"a\":2}"), "{\"a\":2,\"a\\u0000\":1}"},
    {TEXT("{\"\\u00e9\":1,\"z\":2,\"Z\":3}"), "{\"Z\":3,\"z\":2,\"\xC3\xA9\":1}"},
    {TEXT("{\"a\":1,\"a\":2}"), "{\"a\":2}"},
    {TEXT("{\"a\":1,\"b\":2,\"a\":{},\"a\":[3]}"), "{\"a\":[3],\"b\":2}"},
    {TEXT("{\"a\":1,\"\\u0061\":2}"), "{\"a\":2}"},
    {TEXT("\xEF\xBB\xBF{\"marked\":true}"), "{\"marked\":true}"},
};

Test(json, valid_documents)
{
    for (size_t i = 0; i < COUNT(valid); i++) {
        struct arena a = {0};
        error_local(err);
        struct value *v = parse(&a, valid[i].text, valid[i].len, &err);
        cr_assert(v, "%s: %s", valid[i].text, error_text(&err));
        char *text = write(v, JSON_CANONICAL);
        cr_expect_str_eq(text, valid[i].canonical, "%s became %s", valid[i].text, text);
        assert_round_trip(v, valid[i].text);
        free(text);
        arena_free(&a);
    }
}

static const struct {
    const char *text;
    size_t len;
    const char *error; // what the message begins with
} invalid[] = {
    // nothing, or too much
    {TEXT(""), "line 1, column 1: expected a value, found the end of the text"},
    {TEXT("  \n "), "line 2, column 2: expected a value, found the end of the text"},
    {TEXT("1 2"), "line 1, column 3: expected nothing more after the document, found '2'"},
    {TEXT("{} {}"), "line 1, column 4: expected nothing more"},
    {TEXT("[]]"), "line 1, column 3: expected nothing more"},
    {TEXT("null,"), "line 1, column 5: expected nothing more"},
    {TEXT("null\0"),
     "line 1, column 5: expected nothing more after the document, found the control"},
    {TEXT("\"a\" x"), "line 1, column 5: expected nothing more after the document, found 'x'"},
    {TEXT("\0"), "line 1, column 1: expected a value, found the control character 0x00"},
    // words
    {TEXT("nul"), "line 1, column 1: expected a value, found 'nul'"},
    {TEXT("nullx"), "line 1, column 5: expected nothing more"},
    {TEXT("True"), "line 1, column 1: expected a value, found 'True'"},
    {TEXT("NULL"), "line 1, column 1: expected a value"},
    {TEXT("undefined"), "line 1, column 1: expected a value, found 'undefined'"},
    {TEXT("NaN"), "line 1, column 1: expected a value, found 'NaN'"},
    {TEXT("[Infinity]"), "line 1, column 2: expected a value, found 'Infinity'"},
    {TEXT("-Infinity"), "line 1, column 2: expected a digit after '-', found 'Infinity'"},
    {TEXT("abcdefghijklmnopqrstuvwxyz"), "line 1, column 1: expected a value, found 'a'"},
    {TEXT("<html>"), "line 1, column 1: expected a value, found '<'"},
    {TEXT("a"), "line 1, column 1: expected a value, found 'a'"},
    {TEXT("\xC3\xA9"), "line 1, column 1: expected a value, found '\xC3\xA9'"},
    // numbers
    {TEXT("01"), "line 1, column 2: expected no more digits after a leading 0, found '1'"},
    {TEXT("-01"), "line 1, column 3: expected no more digits after a leading 0"},
    {TEXT("00"), "line 1, column 2: expected no more digits after a leading 0"},
    {TEXT("-"), "line 1, column 2: expected a digit after '-', found the end of the text"},
    {TEXT("--1"), "line 1, column 2: expected a digit after '-'"},
    {TEXT("+1"), "line 1, column 1: expected a value, found '+'"},
    {TEXT(".5"), "line 1, column 1: expected a value, found '.'"},
    {TEXT("-.5"), "line 1, column 2: expected a digit after '-', found '.'"},
    {TEXT("1."), "line 1, column 3: expected a digit after the decimal point, found the end"},
    {TEXT("1.e5"), "line 1, column 3: expected a digit after the decimal point, found 'e'"},
    {TEXT("1e"), "line 1, column 3: expected a digit in the exponent"},
    {TEXT("1e+"), "line 1, column 4: expected a digit in the exponent"},
    {TEXT("1e+-2"), "line 1, column 4: expected a digit in the exponent, found '-'"},
    {TEXT("1e-+2"), "line 1, column 4: expected a digit in the exponent, found '+'"},
    {TEXT("1eE2"), "line 1, column 3: expected a digit in the exponent, found 'E'"},
    {TEXT("1e2.5"), "line 1, column 4: expected nothing more"},
    {TEXT("1.2.3"), "line 1, column 4: expected nothing more"},
    {TEXT("0x10"), "line 1, column 2: expected nothing more after the document, found 'x'"},
    {TEXT("1_000"), "line 1, column 2: expected nothing more"},
    {TEXT("[1,000.5]"), "line 1, column 5: expected no more digits after a leading 0"},
    {TEXT("1 000"), "line 1, column 3: expected nothing more"},
    {TEXT("[- 1]"), "line 1, column 3: expected a digit after '-', found ' '"},
    {TEXT("\xEF\xBC\x91"), "line 1, column 1: expected a value"}, // a full-width 1
    {TEXT("1e400"), "line 1, column 1: expected a number that a double can hold, found '1'"},
    {TEXT("[1,\n -1e400]"), "line 2, column 2: expected a number that a double can hold"},
    {TEXT("1e999999999999999999999"), "line 1, column 1: expected a number that a double can hold"},
    // strings
    {TEXT("\""), "line 1, column 2: expected '\"' at the end of a string, found the end"},
    {TEXT("\"abc"), "line 1, column 5: expected '\"' at the end of a string"},
    {TEXT("\"abc\\"), "line 1, column 6: expected one of"},
    {TEXT("\"abc\\\""), "line 1, column 7: expected '\"' at the end of a string"},
    {TEXT("'a'"), "line 1, column 1: expected a value, found \"'\""},
    {TEXT("\"a\nb\""), "line 1, column 3: expected an escape in place of a bare control character, "
                       "found a line break"},
    {TEXT("\"\t\""), "line 1, column 2: expected an escape in place of a bare control character, "
                     "found a tab"},
    {TEXT("\"a\0b\""), "line 1, column 3: expected an escape in place"},
    {TEXT("\"\x1F\""), "line 1, column 2: expected an escape in place of a bare control character, "
                       "found the control character 0x1F"},
    {TEXT("\"\\x41\""), "line 1, column 3: expected one of \" \\ / b f n r t u after a backslash, "
                        "found 'x'"},
    {TEXT("\"\\'\""), "line 1, column 3: expected one of"},
    {TEXT("\"\\a\""), "line 1, column 3: expected one of"},
    {TEXT("\"\\0\""), "line 1, column 3: expected one of"},
    {TEXT("\"\\\0\""), "line 1, column 3: expected one of"},
    {TEXT("\"\\U0041\""), "line 1, column 3: expected one of"},
    {TEXT("\"\\\n\""), "line 1, column 3: expected one of"},
    {TEXT("\"\\u\""), "line 1, column 4: expected four hex digits after \\u, found '\"'"},
    {TEXT("\"\\u12\""), "line 1, column 6: expected four hex digits after \\u"},
    {TEXT("\"\\u123\""), "line 1, column 7: expected four hex digits after \\u"},
    {TEXT("\"\\u12g4\""), "line 1, column 6: expected four hex digits after \\u, found 'g'"},
    {TEXT("\"\\u+123\""), "line 1, column 4: expected four hex digits after \\u, found '+'"},
    {TEXT("\"\\u{41}\""), "line 1, column 4: expected four hex digits after \\u, found '{'"},
    {TEXT("\"\\u004"), "line 1, column 7: expected four hex digits after \\u, found the end"},
    {TEXT("\"\\ud800\""), "line 1, column 2: expected a whole pair of surrogates in \\u escapes"},
    {TEXT("\"ab\\udbffcd\""), "line 1, column 4: expected a whole pair of surrogates"},
    {TEXT("\"\\udc00\""), "line 1, column 2: expected a whole pair of surrogates"},
    {TEXT("\"\\ude00\\ud83d\""), "line 1, column 2: expected a whole pair of surrogates"},
    {TEXT("\"\\ud83d\\ud83d\""), "line 1, column 2: expected a whole pair of surrogates"},
    {TEXT("\"\\udc00\\udc00\""), "line 1, column 2: expected a whole pair of surrogates"},
    {TEXT("\"\\ud83d\\ue000\""), "line 1, column 2: expected a whole pair of surrogates"},
    {TEXT("\"\\ud83d\\uffff\""), "line 1, column 2: expected a whole pair of surrogates"},
    {TEXT("\"\\ud83d\\n\""), "line 1, column 2: expected a whole pair of surrogates"},
    {TEXT("\"\\ud83d\\u0041\""), "line 1, column 2: expected a whole pair of surrogates"},
    {TEXT("\"\\ud83d\\u00\""), "line 1, column 12: expected four hex digits"},
    {TEXT("\"\\ud83d"), "line 1, column 2: expected a whole pair of surrogates"},
    // bytes that are no UTF-8
    {TEXT("\"\xFF\""), "line 1, column 2: expected UTF-8, found the byte 0xFF"},
    {TEXT("\"\x80\""), "line 1, column 2: expected UTF-8, found the byte 0x80"},
    {TEXT("\"\xC0\x80\""), "line 1, column 2: expected UTF-8"},         // overlong NUL
    {TEXT("\"\xC0\xAF\""), "line 1, column 2: expected UTF-8"},         // overlong '/'
    {TEXT("\"\xC1\xBF\""), "line 1, column 2: expected UTF-8"},         // overlong
    {TEXT("\"\xE0\x80\xAF\""), "line 1, column 2: expected UTF-8"},     // overlong
    {TEXT("\"\xE0\x9F\xBF\""), "line 1, column 2: expected UTF-8"},     // overlong
    {TEXT("\"\xF0\x8F\xBF\xBF\""), "line 1, column 2: expected UTF-8"}, // overlong
    {TEXT("\"\xED\xA0\x80\""), "line 1, column 2: expected UTF-8"},     // U+D800
    {TEXT("\"\xED\xBF\xBF\""), "line 1, column 2: expected UTF-8"},     // U+DFFF
    {TEXT("\"\xF4\x90\x80\x80\""), "line 1, column 2: expected UTF-8"}, // U+110000
    {TEXT("\"\xF5\x80\x80\x80\""), "line 1, column 2: expected UTF-8"},
    {TEXT("\"\xF8\x88\x80\x80\x80\""), "line 1, column 2: expected UTF-8"}, // five bytes
    {TEXT("\"\xC3\""), "line 1, column 2: expected UTF-8"},                 // cut short
    {TEXT("\"\xE2\x82\""), "line 1, column 2: expected UTF-8"},
    {TEXT("\"\xF0\x9F\x98\""), "line 1, column 2: expected UTF-8"},
    {TEXT("\"\xF0\x9F\x98"), "line 1, column 2: expected UTF-8"},
    {TEXT("\"\xE2\x28\xA1\""), "line 1, column 2: expected UTF-8"},
    {TEXT("\"\xC3\xA9\xE2\x82\xAC\xFF\""), "line 1, column 4: expected UTF-8"},
    {TEXT("[\xFF]"), "line 1, column 2: expected a value, found the byte 0xFF"},
    {TEXT("{\"\xFF\":1}"), "line 1, column 3: expected UTF-8"},
    {TEXT("\xFF\xFE[\0]\0"), "line 1, column 1: expected a value, found the byte 0xFF"}, // UTF-16
    // marks and spaces
    {TEXT("\xEF\xBB\xBF"), "line 1, column 1: expected a value, found the end of the text"},
    {TEXT("\xEF\xBB\xBF\xEF\xBB\xBF[]"), "line 1, column 1: expected a value"},
    {TEXT("\xEF\xBB\xBF[x]"), "line 1, column 2: expected a value, found 'x'"},
    {TEXT("[\xEF\xBB\xBF]"), "line 1, column 2: expected a value"},
    {TEXT("\xEF\xBB"), "line 1, column 1: expected a value, found the byte 0xEF"},
    {TEXT("[\f]"), "line 1, column 2: expected a value, found the control character 0x0C"},
    {TEXT("[\v1]"), "line 1, column 2: expected a value"},
    {TEXT("[\xC2\xA0]"), "line 1, column 2: expected a value"},
    {TEXT("\xE2\x80\x8B[]"), "line 1, column 1: expected a value"},
    // comments
    {TEXT("// no\n1"), "line 1, column 1: expected a value, found '/'"},
    {TEXT("/* no */ 1"), "line 1, column 1: expected a value, found '/'"},
    {TEXT("[1] # no"), "line 1, column 5: expected nothing more after the document, found '#'"},
    // arrays
    {TEXT("["), "line 1, column 2: expected a value, found the end of the text"},
    {TEXT("[1"), "line 1, column 3: expected ',' or ']' after an item, found the end of the text"},
    {TEXT("[1,"), "line 1, column 4: expected a value, found the end of the text"},
    {TEXT("[1,]"), "line 1, column 4: expected a value, found ']'"},
    {TEXT("[,1]"), "line 1, column 2: expected a value, found ','"},
    {TEXT("[1,,2]"), "line 1, column 4: expected a value, found ','"},
    {TEXT("[1 2]"), "line 1, column 4: expected ',' or ']' after an item, found '2'"},
    {TEXT("[1;2]"), "line 1, column 3: expected ',' or ']' after an item, found ';'"},
    {TEXT("[1}"), "line 1, column 3: expected ',' or ']' after an item, found '}'"},
    {TEXT("[\"a\":1]"), "line 1, column 5: expected ',' or ']' after an item, found ':'"},
    {TEXT("[[]"), "line 1, column 4: expected ',' or ']' after an item, found the end"},
    {TEXT("]"), "line 1, column 1: expected a value, found ']'"},
    {TEXT("[\n  1,\n  2\n  3\n]"),
     "line 4, column 3: expected ',' or ']' after an item, found '3'"},
    // objects
    {TEXT("{"), "line 1, column 2: expected a key in double quotes, found the end of the text"},
    {TEXT("{\"a\""), "line 1, column 5: expected ':' after a key, found the end of the text"},
    {TEXT("{\"a\":"), "line 1, column 6: expected a value, found the end of the text"},
    {TEXT("{\"a\":1"), "line 1, column 7: expected ',' or '}' after a member, found the end"},
    {TEXT("{\"a\":1,"), "line 1, column 8: expected a key in double quotes, found the end"},
    {TEXT("{\"a\":1,}"), "line 1, column 8: expected a key in double quotes, found '}'"},
    {TEXT("{,}"), "line 1, column 2: expected a key in double quotes, found ','"},
    {TEXT("{\"a\":1,,\"b\":2}"), "line 1, column 8: expected a key in double quotes, found ','"},
    {TEXT("{a:1}"), "line 1, column 2: expected a key in double quotes, found 'a'"},
    {TEXT("{'a':1}"), "line 1, column 2: expected a key in double quotes, found \"'\""},
    {TEXT("{1:1}"), "line 1, column 2: expected a key in double quotes, found '1'"},
    {TEXT("{null:1}"), "line 1, column 2: expected a key in double quotes, found 'null'"},
    {TEXT("{[]:1}"), "line 1, column 2: expected a key in double quotes, found '['"},
    {TEXT("{\"a\" 1}"), "line 1, column 6: expected ':' after a key, found '1'"},
    {TEXT("{\"a\",1}"), "line 1, column 5: expected ':' after a key, found ','"},
    {TEXT("{\"a\"}"), "line 1, column 5: expected ':' after a key, found '}'"},
    {TEXT("{\"a\":}"), "line 1, column 6: expected a value, found '}'"},
    {TEXT("{\"a\"::1}"), "line 1, column 6: expected a value, found ':'"},
    {TEXT("{\"a\":1 \"b\":2}"), "line 1, column 8: expected ',' or '}' after a member, found '\"'"},
    {TEXT("{\"a\":1]"), "line 1, column 7: expected ',' or '}' after a member, found ']'"},
    {TEXT("{\"a\":1=2}"), "line 1, column 7: expected ',' or '}' after a member, found '='"},
    {TEXT("}"), "line 1, column 1: expected a value, found '}'"},
    {TEXT("{\r\n  \"a\": 1,\r\n  \"\xC3\xA9\": x\r\n}"),
     "line 3, column 8: expected a value, found 'x'"},
};

Test(json, invalid_documents)
{
    for (size_t i = 0; i < COUNT(invalid); i++) {
        struct arena a = {0};
        error_local(err);
        error_set(&err, "no error was set");
        struct value *v = parse(&a, invalid[i].text, invalid[i].len, &err);
        cr_expect_null(v, "document %zu was taken: %s", i, invalid[i].text);
        cr_expect(strncmp(error_text(&err), invalid[i].error, strlen(invalid[i].error)) == 0,
                  "document %zu: %s\n  got: %s\n  not: %s", i, invalid[i].text, error_text(&err),
                  invalid[i].error);
        arena_free(&a);
    }
}

Test(json, an_error_may_go_unread)
{
    struct arena a = {0};
    cr_assert_null(json_parse(&a, TEXT("[1,"), NULL));
    arena_free(&a);
}

// A document with something of everything, for the tests that damage it.
static const char rich[] = "{\"kind\":\"List\",\"n\":[0,-1.5e3,9007199254740993,true,false,null],"
                           "\"t\":\"a\\n\\u00e9\\ud83d\\ude00\xC3\xA9\",\"o\":{\"a\":{},\"b\":[]}}";

Test(json, every_beginning_of_a_document_is_an_error)
{
    error_local(err);
    for (size_t len = 0; len < sizeof rich - 1; len++) {
        struct arena a = {0};
        cr_assert_null(parse(&a, rich, len, &err), "the first %zu bytes were taken", len);
        arena_free(&a);
    }
}

Test(json, every_changed_byte_is_refused_or_kept)
{
    char text[sizeof rich];
    error_local(err);
    for (size_t at = 0; at < sizeof rich - 1; at++) {
        for (int byte = 0; byte < 256; byte++) {
            struct arena a = {0};
            memcpy(text, rich, sizeof rich);
            text[at] = (char)byte;
            struct value *v = parse(&a, text, sizeof rich - 1, &err);
            if (v)
                assert_round_trip(v, text);
            else
                cr_assert_eq(
                    sscanf(error_text(&err), "line %*d, column %*d: expected %c", &(char){0}), 1);
            arena_free(&a);
        }
    }
}

Test(json, types_are_kept_apart)
{
    struct arena a = {0};
    struct value *v = json_parse(&a, TEXT("[3, 3.0, [], {}, 1e2, -9223372036854775808]"), NULL);
    cr_assert_eq(value_at(v, 0)->type, VALUE_INT);
    cr_assert_eq(value_at(v, 1)->type, VALUE_FLOAT);
    cr_assert_eq(value_at(v, 2)->type, VALUE_ARRAY);
    cr_assert_eq(value_at(v, 3)->type, VALUE_OBJECT);
    cr_assert_eq(value_at(v, 4)->type, VALUE_FLOAT);
    cr_assert_eq(value_at(v, 5)->integer, INT64_MIN);
    arena_free(&a);
}

Test(json, what_was_read_can_be_changed)
{
    struct arena a = {0};
    struct value *v = json_parse(&a, TEXT("{\"a\":[1],\"b\":{}}"), NULL);
    value_push(&a, value_get(v, "a"), value_int(&a, 2));
    value_set(&a, value_get(v, "b"), "x", value_bool(&a, true));
    value_set(&a, v, "a2", value_array(&a));
    char *text = write(v, JSON_CANONICAL);
    cr_assert_str_eq(text, "{\"a\":[1,2],\"a2\":[],\"b\":{\"x\":true}}");
    free(text);
    arena_free(&a);
}

static void fill(struct buf *b, const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++)
        buf_puts(b, text);
}

Test(json, depth_has_a_limit)
{
    const struct {
        const char *open, *close;
        size_t depth, column;
    } cases[] = {{"[", "]", JSON_MAX_DEPTH, 0},
                 {"[", "]", JSON_MAX_DEPTH + 1, JSON_MAX_DEPTH + 1},
                 {"{\"k\":", "}", JSON_MAX_DEPTH - 1, 0},
                 {"{\"k\":", "}", JSON_MAX_DEPTH, JSON_MAX_DEPTH * 5 + 1},
                 {"[", "]", 1000000, JSON_MAX_DEPTH + 1},
                 {"[", "", 1000000, JSON_MAX_DEPTH + 1},
                 {"{\"k\":", "", 1000000, JSON_MAX_DEPTH * 5 + 1}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena a = {0};
        error_local(err);
        struct buf text = {0};
        char expected[80];
        fill(&text, cases[i].open, cases[i].depth);
        if (*cases[i].open == '{')
            buf_puts(&text, "[]"); // one level more
        fill(&text, cases[i].close, cases[i].depth);
        struct value *v = parse(&a, text.data, text.len, &err);
        snprintf(expected, sizeof expected,
                 "line 1, column %zu: expected at most %d levels of nesting", cases[i].column,
                 JSON_MAX_DEPTH);
        if (cases[i].column)
            cr_assert(v == NULL && strncmp(error_text(&err), expected, strlen(expected)) == 0,
                      "%zu: %s", i, error_text(&err));
        else
            assert_round_trip(v, "the deepest");
        cr_assert_lt(a.used, 1000000, "a refused document took %zu bytes", a.used);
        buf_free(&text);
        arena_free(&a);
    }
}

Test(json, siblings_are_not_depth)
{
    struct arena a = {0};
    struct buf text = {0};
    buf_puts(&text, "[[]");
    fill(&text, ",[{}]", 2000);
    buf_puts(&text, "]");
    cr_assert_eq(value_count(parse(&a, text.data, text.len, NULL)), 2001);
    buf_free(&text);
    arena_free(&a);
}

Test(json, of_two_members_the_last_wins)
{
    enum { KEYS = 100000 };
    struct arena a = {0};
    error_local(err);
    struct buf text = {0};
    buf_puts(&text, "{");
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < KEYS; i++)
            buf_printf(&text, "%s\"key %d\":%d", round + i ? "," : "", i, i * (round + 1));
    buf_puts(&text, "}");
    int64_t start = clock_steady();
    struct value *v = parse(&a, text.data, text.len, &err);
    cr_assert_lt(clock_steady() - start, 10000, "the time grows with the square of the keys");
    cr_assert(v, "%s", error_text(&err));
    cr_assert_eq(value_count(v), KEYS);
    for (size_t i = 0; i < KEYS; i++) { // in the places of the first ones
        char key[32];
        snprintf(key, sizeof key, "key %zu", i);
        cr_assert_str_eq(v->object.members[i].key, key);
        cr_assert_eq(v->object.members[i].value->integer, (int64_t)i * 2);
    }
    assert_round_trip(v, "many keys");
    buf_free(&text);
    arena_free(&a);
}

Test(json, huge_documents)
{
    struct arena a = {0};
    error_local(err);
    struct buf text = {0};
    buf_puts(&text, "[\"");
    fill(&text, "0123456789abcdef", 500000); // 8 MB, plain
    buf_puts(&text, "\",\"");
    fill(&text, "\\n\\u00e9\xC3\xA9\\\"", 500000); // 7 MB, escapes
    buf_puts(&text, "\",0.");
    fill(&text, "0000000001", 100000); // a number of a million digits
    buf_puts(&text, ",");
    fill(&text, "1", 300);
    for (int i = 0; i < 300000; i++)
        buf_printf(&text, ",{\"i\":%d}", i);
    buf_puts(&text, "]");
    struct value *v = parse(&a, text.data, text.len, &err);
    cr_assert(v, "%s", error_text(&err));
    cr_assert_eq(value_at(v, 0)->string.len, 8000000);
    cr_assert_eq(value_at(v, 1)->string.len, 3000000);
    cr_assert_float_eq(value_at(v, 2)->number, 1e-10, 1e-18);
    cr_assert_eq(value_get_int(value_at(v, 300003), "i", 0), 299999);
    assert_round_trip(v, "a huge document");
    buf_free(&text);
    arena_free(&a);
}
