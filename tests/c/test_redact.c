#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "record/hub.h"
#include "record/redact.h"
#include "telling.h"

static const char KEY[] = "sk_live/?\xff\xfb+ \"q\\\xc3\xa9\xf0\x9f\x98\x80z";

static struct redact *secrets_new(void)
{
    struct redact *r = redact_new();
    cr_assert(redact_add(r, "key", KEY, strlen(KEY)));
    return r;
}

// Asserts that text[0..len) comes out of `r` as `want`.
static void expect_bytes(const struct redact *r, const char *text, size_t len, const char *want)
{
    size_t out_len;
    char *out = redact_text(r, text, len, &out_len);
    cr_expect_str_eq(out, want, "%s became %s", text, out);
    cr_expect_eq(out_len, strlen(want));
    free(out);
}

static void expect(const struct redact *r, const char *text, const char *want)
{
    expect_bytes(r, text, strlen(text), want);
}

static char *base64(const char *text, size_t len, const char *last_two, bool padded)
{
    char letters[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    struct buf out = {0};
    strcat(letters, last_two);
    for (size_t i = 0; i < len; i += 3) {
        unsigned n = (unsigned)(unsigned char)text[i] << 16;
        size_t have = len - i < 3 ? len - i : 3;
        if (have > 1)
            n |= (unsigned)(unsigned char)text[i + 1] << 8;
        if (have > 2)
            n |= (unsigned char)text[i + 2];
        for (size_t k = 0; k < 4; k++)
            if (k <= have)
                buf_putc(&out, letters[n >> (18 - 6 * k) & 63]);
            else if (padded)
                buf_putc(&out, '=');
    }
    return buf_take(&out);
}

Test(redact, plain)
{
    struct redact *r = secrets_new();
    struct buf text = {0};
    buf_printf(&text, "a %s b %s%s", KEY, KEY, KEY);
    expect(r, text.data, "a [secret key] b [secret key][secret key]");
    expect(r, "sk_live/?", "sk_live/?");
    expect(r, "", "");
    buf_free(&text);
    redact_free(r);
}

Test(redact, base64_at_any_place_in_both_alphabets)
{
    struct redact *r = secrets_new();
    for (size_t before = 0; before < 7; before++) {
        for (size_t after = 0; after < 7; after++) {
            for (int form = 0; form < 4; form++) {
                struct buf clear = {0};
                size_t len;
                buf_printf(&clear, "%.*s%s%.*s", (int)before, "user:xy", KEY, (int)after,
                           "-suffix");
                char *coded = base64(clear.data, clear.len, form & 1 ? "-_" : "+/", form & 2);
                char *out = redact_text(r, coded, strlen(coded), &len);
                // At most what encodes the bytes around it is left.
                cr_expect_not_null(strstr(out, "[secret key]"), "%s in %s", clear.data, coded);
                cr_expect_leq(len, strlen("[secret key]") + (before + after + 2) * 4 / 3 + 4,
                              "%s left of %s", out, coded);
                if (before == 0 && after == 0)
                    cr_expect_str_eq(out, "[secret key]");
                free(out);
                free(coded);
                buf_free(&clear);
            }
        }
    }
    redact_free(r);
}

Test(redact, base64_folded_into_lines)
{
    struct redact *r = secrets_new();
    static const char *const folds[] = {"\n", "\r\n", "\n    ", " ", "\\n", "\\r\\n"};
    char *coded = base64(KEY, strlen(KEY), "+/", true);
    for (size_t f = 0; f < sizeof folds / sizeof *folds; f++) {
        for (size_t width = 1; width < strlen(coded); width++) {
            struct buf folded = {0};
            for (size_t at = 0; at < strlen(coded); at += width)
                buf_printf(&folded, "%s%.*s", at ? folds[f] : "", (int)width, coded + at);
            buf_puts(&folded, "\nnext");
            expect(r, folded.data, "[secret key]\nnext");
            buf_free(&folded);
        }
    }
    free(coded);
    redact_free(r);
}

// What stands where a secret stood may show none.
Test(redact, a_name_holds_no_secret)
{
    struct redact *r = redact_new();
    cr_assert(redact_add(r, "token", "ghp_QzXwVuTs", 12));
    cr_assert(
        redact_add(r, "the password of ghp_QzXwVuTs, or ghp%5FQzXwVuTs", "x-oauth-basic", 13));
    expect(r, "ask with x-oauth-basic", "ask with [secret the password of *, or *]");
    redact_free(r);
}

Test(redact, each_line_of_a_secret)
{
    static const char PEM[] = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqG\r\n\n"
                              "  SM49AgEGCCqGSM49\nAwEH\n-----END PRIVATE KEY-----\n";
    struct redact *r = redact_new();
    redact_add(r, "pem", PEM, strlen(PEM));
    expect(r, PEM, "[secret pem]");
    expect(r, "    MIGHAgEAMBMGByqG\n    SM49AgEGCCqGSM49\n",
           "    [secret pem line 2]\n    [secret pem line 4]\n");
    expect(r, "SM49AgEGCCqGSM49", "[secret pem line 4]");
    expect(r, "-----BEGIN PRIVATE KEY-----\nother\n-----END PRIVATE KEY-----",
           "-----BEGIN PRIVATE KEY-----\nother\n-----END PRIVATE KEY-----");
    expect(r, "AwEH", "AwEH");
    redact_add(r, "file", "hunter22\n", 9);
    expect(r, "pw=hunter22&", "pw=[secret file line 1]&");
    redact_free(r);
}

Test(redact, a_line_is_named_as_that_line)
{
    struct arena a = {0};
    struct redact *r = redact_new();
    redact_add(r, "two", "first line\nsecond line", 22);
    struct value *v = value_string(&a, "second line; first line; first line\nsecond line");
    struct value *masked = redact_value(&a, r, v);
    cr_expect_str_eq(value_text(masked), "[secret two line 2]; [secret two line 1]; [secret two]");
    arena_free(&a);
    redact_free(r);
}

Test(redact, hex)
{
    struct redact *r = redact_new();
    redact_add(r, "pin", "\x0a\xff\x4a\x4b", 4);
    expect(r, "0aff4a4b and 0AFF4A4B", "[secret pin] and [secret pin]");
    expect(r, "0aff4a4", "0aff4a4");
    redact_free(r);
}

Test(redact, percent_encoded_by_any_encoder)
{
    struct redact *r = redact_new();
    redact_add(r, "p", "a b/c~d\xc3\xa9", 9);
    expect(r, "x=a%20b%2Fc~d%C3%A9&y", "x=[secret p]&y");
    expect(r, "x=a+b%2fc%7ed%c3%a9", "x=[secret p]");
    expect(r, "a b/c%7Ed\xc3\xa9", "[secret p]");
    expect(r, "%61%20%62%2f%63%7e%64%c3%a9", "[secret p]");
    expect(r, "a%20b%2", "a%20b%2");
    redact_free(r);
}

Test(redact, json_escaped)
{
    struct redact *r = redact_new();
    redact_add(r, "j", "a\"/\\\n\t\x01\xc3\xa9\xf0\x9f\x98\x80z", 14);
    expect(r, "{\"k\":\"a\\\"\\/\\\\\\n\\t\\u0001\\u00e9\\ud83d\\ude00z\"}",
           "{\"k\":\"[secret j]\"}");
    expect(r, "a\\u0022/\\u005C\\u000A\\t\\u0001\xc3\xa9\\uD83D\\uDE00\\u007a", "[secret j]");
    expect(r, "a\\\"\\/\\ud83d", "a\\\"\\/\\ud83d");
    redact_free(r);
}

Test(redact, json_within_json)
{
    static const char secret[] = "pa\"ss\\word\nof two";
    struct redact *r = redact_new();
    struct buf once = {0}, twice = {0};
    redact_add(r, "key", secret, strlen(secret));
    json_write_string(&once, secret, strlen(secret));
    json_write_string(&twice, once.data, once.len);
    expect(r, buf_text(&once), "\"[secret key]\"");
    expect(r, buf_text(&twice), "\"\\\"[secret key]\\\"\"");
    buf_free(&once);
    buf_free(&twice);
    redact_free(r);
}

Test(redact, longest_first_and_nothing_left_of_overlapping_ones)
{
    struct redact *r = redact_new();
    redact_add(r, "short", "hunter", 6);
    redact_add(r, "long", "hunter22", 8);
    redact_add(r, "over", "22black", 7);
    redact_add(r, "same", "oooo", 4);
    expect(r, "hunter2 hunter22", "[secret short]2 [secret long]");
    expect(r, "hunter22black.", "[secret long][secret over].");
    expect(r, "xoooooox", "x[secret same]x");
    redact_free(r);
}

Test(redact, refuses_short_secrets)
{
    struct redact *r = redact_new();
    cr_expect_not(redact_add(r, "s", "abc", 3));
    cr_expect_not(redact_add(r, "s", "", 0));
    cr_expect(redact_empty(r));
    cr_expect(redact_empty(NULL));
    expect(r, "abc", "abc");
    cr_expect(redact_add(r, "s", "abcd", 4));
    cr_expect(redact_add(r, "again", "abcd", 4));
    expect(r, "abcd", "[secret s]");
    redact_free(r);
    redact_free(NULL);
}

Test(redact, bytes_that_are_no_text)
{
    struct redact *r = redact_new();
    redact_add(r, "n", "a\0b\xff", 4);
    size_t len;
    char *out = redact_text(r, "x\0a\0b\xffy", 7, &len);
    cr_expect_eq(len, 2 + strlen("[secret n]") + 1);
    cr_expect(memcmp(out, "x\0[secret n]y", len) == 0);
    free(out);
    redact_free(r);
}

Test(redact, leaves_other_text_alone)
{
    struct redact *r = secrets_new();
    char noise[4096];
    srand(7);
    for (int round = 0; round < 200; round++) {
        size_t len;
        for (size_t i = 0; i < sizeof noise; i++)
            noise[i] = (char)rand();
        char *out = redact_text(r, noise, sizeof noise, &len);
        cr_assert_eq(len, sizeof noise);
        cr_assert(memcmp(out, noise, len) == 0);
        free(out);
    }
    redact_free(r);
}

Test(redact, values)
{
    struct arena a = {0};
    error_local(err);
    struct redact *r = redact_new();
    redact_add(r, "word", "hunter22", 8);
    redact_add(r, "pin", "483516", 6);
    const char *text = "{\"hunter22\":[\"x hunter22\",1,483516,4835160,null,true,2.5],\"k\":{}}";
    struct value *v = json_parse(&a, text, strlen(text), &err), *masked = redact_value(&a, r, v);
    struct buf out = {0};
    json_write(&out, masked, JSON_COMPACT);
    cr_expect_str_eq(out.data, "{\"[secret word]\":[\"x [secret word]\",1,\"[secret pin]\",4835160,"
                               "null,true,2.5],\"k\":{}}");
    cr_expect_null(redact_value(&a, r, NULL));
    cr_expect(value_equal(redact_value(&a, NULL, v), v));
    buf_free(&out);
    arena_free(&a);
    redact_free(r);
}

struct ear {
    struct listener listener;
    struct buf heard;
    const char *name;
};

static void ear_hear(struct listener *self, const struct event *e)
{
    struct ear *ear = (struct ear *)self;
    buf_printf(&ear->heard, "%s %s/%s ", event_name(e->type), e->phase ? e->phase : "-",
               e->step ? e->step : "-");
    json_write(&ear->heard, e->data, JSON_COMPACT);
    buf_putc(&ear->heard, '\n');
}

Test(hub, masks_and_passes_on)
{
    struct redact *r = redact_new();
    struct ear ears[2] = {{.listener = {ear_hear}}, {.listener = {ear_hear}}};
    struct listener *list[] = {&ears[0].listener, &ears[1].listener};
    struct listener *hub = hub_new(r, NULL, list, 2);
    tell(hub, "{'event':'log','text':'hunter22'}\n");
    redact_add(r, "word", "hunter22", 8);
    tell(hub, "{'event':'log','phase':'p','step':'to hunter22','text':'aHVudGVyMjI='}\n");
    for (int i = 0; i < 2; i++) {
        cr_expect_str_eq(ears[i].heard.data,
                         "log -/- {\"text\":\"hunter22\"}\n"
                         "log p/to [secret word] {\"text\":\"[secret word]\"}\n");
        buf_free(&ears[i].heard);
    }
    hub_free(hub);
    hub_free(NULL);
    redact_free(r);
}
