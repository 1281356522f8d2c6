// An error owns its text; a quote masks it, and cuts then.
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/clip.h"
#include "base/error.h"
#include "base/utf8.h"
#include "engine/quote.h"
#include "engine/run.h"
#include "record/redact.h"

static struct arena arena;

static const char *clipped(const char *text, enum clip how, size_t most)
{
    return clip_text(&arena, text, strlen(text), how, most);
}

Test(error, is_as_long_as_what_came_back)
{
    error_local(err);
    cr_expect_str_eq(error_text(&err), "");
    cr_expect_not(error_is_set(&err));
    char text[20000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    cr_expect_not(error_set(&err, "%s", text));
    cr_expect_str_eq(error_text(&err), text);
    error_set(&err, "it said: %s", error_text(&err)); // its own text
    cr_expect_eq(strlen(error_text(&err)), sizeof text - 1 + strlen("it said: "));
    cr_expect_not(error_set(NULL, "nobody %s", "listens"));
}

// Of what is longer than any limit no end may be half a secret.
Test(error, cuts_nothing)
{
    error_local(err);
    enum { LONG = 1 << 21 };
    char *text = mem_alloc(LONG + 1);
    memset(text, 'x', LONG);
    error_set(&err, "%s", text);
    cr_expect_eq(strlen(error_text(&err)), (size_t)LONG);
    free(text);
}

Test(error, is_moved_and_freed)
{
    error_local(from);
    error_local(to);
    error_set(&from, "a");
    error_set(&to, "b");
    error_move(&to, &from);
    cr_expect_str_eq(error_text(&to), "a");
    cr_expect_not(error_is_set(&from));
    error_free(&to);
    error_free(&to);
    cr_expect_str_eq(error_text(&to), "");
}

Test(clip, has_four_ways)
{
    const struct {
        const char *text;
        enum clip how;
        size_t most;
        const char *clip;
    } rows[] = {
        {"", CLIP_TEXT, 10, ""},
        {"two\r\nlines", CLIP_TEXT, 20, "two\nlines"},
        {"0123456789", CLIP_TEXT, 10, "0123456789"},
        {"0123456789", CLIP_TEXT, 4, "0123... (10 bytes)"},
        {"\xc3\xa4\xc3\xa4", CLIP_TEXT, 1, "\xc3\xa4... (4 bytes)"}, // whole characters
        {"\x1b[2J\x07\x9b\xe2\x80\xaex\ty", CLIP_TEXT, 99, "\\x1b[2J\\x07\\x9b\\u202ex\ty"},
        {" \n\t a  \n b ", CLIP_LINE, 99, "a b"},
        {"abcdef", CLIP_LINE, 3, "abc..."},
        {"<html><body>gone<br>away</body></html>", CLIP_LINE, 99, "gone away"},
        {"\x1b[2J", CLIP_LINE, 99, "[2J"}, // which is a blank there
        {"0123456789", CLIP_MIDDLE, 10, "0123456789"},
        {"0123456789", CLIP_MIDDLE, 6, "0123 ... 89"},
        {"a\n\nb\nc\nd\ne\nf\n\n", CLIP_TAIL, 99, "\n  b\n  c\n  d\n  e\n  f"},
        {"one\nabcdefgh", CLIP_TAIL, 4, "\n  abcd..."},
        {" \n", CLIP_TAIL, 99, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_str_eq(clipped(rows[i].text, rows[i].how, rows[i].most), rows[i].clip,
                         "row %zu: '%s'", i, clipped(rows[i].text, rows[i].how, rows[i].most));
    cr_expect_str_eq(clip_text(&arena, "a\0b", 3, CLIP_TEXT, 9), "a\\x00b");
    arena_free(&arena);
}

static char *masked(void *secrets, const char *text, size_t len, size_t *out_len)
{
    return redact_text(secrets, text, len, out_len);
}

static const char secret[] = "JqXzKvWyQpHgZdXmVbTrQcJwFzXkGvYqPhNf";

// Does any part of the secret of four bytes stand in the text?
static bool shows(const char *text)
{
    char part[5] = "";
    for (size_t i = 0; i + 4 < sizeof secret; i++) {
        memcpy(part, secret + i, 4);
        if (strstr(text, part))
            return true;
    }
    return false;
}

Test(quote, masks_before_it_cuts)
{
    struct run run = {.masked = masked, .mask_arg = redact_new()};
    const size_t limits[] = {40, 200, 1800};
    redact_add(run.mask_arg, "s", secret, sizeof secret - 1);
    for (size_t l = 0; l < sizeof limits / sizeof *limits; l++) {
        for (size_t before = 0; before < 2 * limits[l]; before++) {
            const char *fill = arena_printf(&arena, "%0*d", (int)before + 1, 7);
            const char *text = arena_printf(&arena, "%s%s%s", fill, secret, fill);
            for (int how = CLIP_TEXT; how <= CLIP_TAIL; how++)
                cr_assert_not(
                    shows(quote(&run, &arena, text, strlen(text), (enum clip)how, limits[l])),
                    "limit %zu, %zu before, %d", limits[l], before, how);
        }
        arena_free(&arena);
    }
    cr_expect(shows(quote(NULL, &arena, secret, sizeof secret - 1, CLIP_LINE, 99)));
    redact_free(run.mask_arg);
    arena_free(&arena);
}

Test(quote, what_was_cut_before_ends_before_the_secret)
{
    struct redact *r = redact_new();
    redact_add(r, "s", secret, sizeof secret - 1);
    redact_add(r, "path", "tok en/\"ABC", 11);
    const struct {
        const char *text;
        size_t kept;
    } rows[] = {
        {"nothing of it", 13},
        {"three: JqX", 10}, // less than is masked elsewhere
        {"four: JqXz", 6},
        {"in small letters: jqxz", 18},
        {"nearly all: JqXzKvWyQpHgZdXmVbTrQcJwFzXkGvYqPhN", 12},
        {"all: JqXzKvWyQpHgZdXmVbTrQcJwFzXkGvYqPhNf", 41}, // which is masked
        {"in hex: 4a71587a4b", 8},
        {"in a URL: tok%20en%2", 10},
        {"in JSON: tok en/\\\"A", 9},
        {"in JSON: tok\\u0020e", 9},
        {"in base64: SnFYekt2", 11},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t kept = redact_whole(r, rows[i].text, strlen(rows[i].text));
        cr_expect_eq(kept, rows[i].kept, "%s: %zu", rows[i].text, kept);
    }
    cr_expect_eq(redact_whole(NULL, "abcd", 4), 4u);
    redact_free(r);
}

Test(utf8, names_no_part_of_a_secret)
{
    const char *const rows[][2] = {
        {"undefined,", "'undefined'"}, {"None", "'None'"},          {"NaN]", "'NaN'"},
        {"tokenabc.def", "'t'"},       {"Nonesuch", "'N'"},         {"abcd", "'a'"},
        {"\n", "a line break"},        {"", "the end of the text"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char name[UTF8_NAME_SIZE];
        cr_expect_str_eq(utf8_name(rows[i][0], strlen(rows[i][0]), name), rows[i][1], "%s", name);
    }
}
