#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "record/keep.h"

static const char TOKEN[] = "sk_live/\"4eC39\"";

static struct redact *secrets_new(void)
{
    struct redact *r = redact_new();
    cr_assert(redact_add(r, "token", TOKEN, strlen(TOKEN)));
    cr_assert(redact_add(r, "pin", "73914", 5));
    cr_assert(redact_add(r, "half", "live/", 5));
    return r;
}

// What stands in the journal of `v`, and comes out of it by `later`; NULL, and why.
static struct value *through(struct arena *a, const struct redact *secrets,
                             const struct redact *later, const struct value *v, const char **why)
{
    struct buf text = {0};
    error_local(err);
    struct value *kept = keep_value(a, secrets, v, why);
    if (kept == NULL)
        return NULL;
    cr_expect_null(*why);
    json_write(&text, kept, JSON_CANONICAL);
    size_t len;
    char *masked = redact_text(secrets, buf_text(&text), text.len, &len);
    cr_expect_str_eq(masked, buf_text(&text), "a secret is in the journal: %s", buf_text(&text));
    free(masked);
    const struct value *read = json_parse(a, buf_text(&text), text.len, &err);
    buf_free(&text);
    return keep_restore(a, later, read, why);
}

static void expect_kept(const struct redact *secrets, const struct value *v, const char *name)
{
    struct arena a = {0};
    const char *why = NULL;
    const struct value *back = through(&a, secrets, secrets, v, &why);
    cr_expect(back && value_equal(back, v), "%s was not kept, or changed: %s", name,
              why ? why : "");
    arena_free(&a);
}

static void expect_withheld(const struct redact *secrets, const struct value *v, const char *want)
{
    struct arena a = {0};
    const char *why = NULL;
    cr_expect_null(keep_value(&a, secrets, v, &why), "kept, and not: %s", want);
    cr_expect_str_eq(why ? why : "", want);
    arena_free(&a);
}

Test(keep, texts_that_look_like_marks)
{
    static const char *const texts[] = {
        "[secret token]",
        "[secret:0000:token]",
        "[secret",
        "[secret~",
        "[secret~~",
        "[secret:",
        "[secret ",
        "[secr[secret[secret]",
        "a [secret token] b [secret~token] c",
        "",
        "[secret \\u0074oken]",
    };
    struct redact *r = secrets_new();
    struct arena a = {0};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct value *object = value_object(&a);
        value_set(&a, object, texts[i], value_string(&a, texts[i]));
        expect_kept(r, value_string(&a, texts[i]), texts[i]);
        expect_kept(NULL, value_string(&a, texts[i]), texts[i]);
        expect_kept(r, object, texts[i]);
    }
    arena_free(&a);
    redact_free(r);
}

// Also the mark itself, where somebody has seen it in a journal and sends it.
Test(keep, a_true_mark_from_a_stranger)
{
    struct redact *r = secrets_new();
    struct arena a = {0};
    const char *why;
    const struct value *mark = keep_value(&a, r, value_string(&a, TOKEN), &why);
    cr_assert_not_null(mark);
    cr_expect_null(strstr(value_text(mark), "4eC39"));
    cr_expect_str_neq(value_text(mark), "[secret token]");
    expect_kept(r, mark, value_text(mark));
    arena_free(&a);
    redact_free(r);
}

Test(keep, secrets_as_they_are)
{
    struct redact *r = secrets_new();
    struct arena a = {0};
    struct value *object = value_object(&a), *list = value_array(&a);
    struct buf text = {0};
    buf_printf(&text, "[secret token]%s[secret%s73914", TOKEN, TOKEN);
    value_push(&a, list, value_string(&a, TOKEN));
    value_push(&a, list, value_string(&a, "is 73914."));
    value_push(&a, list, value_string(&a, buf_text(&text)));
    value_set(&a, object, TOKEN, list);
    value_set(&a, object, "a live/ b", value_string(&a, "live/live/"));
    expect_kept(r, object, "secrets");
    buf_free(&text);
    arena_free(&a);
    redact_free(r);
}

// Each line of one and its JSON form bear its name, or nearly, and are other bytes.
Test(keep, parts_and_forms_come_back_as_they_were)
{
    static const char PEM[] = "-----BEGIN KEY-----\nMIIB\"aaaaa\nMIIBbbbbb\n-----END KEY-----\n";
    struct redact *r = redact_new();
    struct arena a = {0};
    redact_add(r, "key", PEM, strlen(PEM));
    expect_kept(r, value_string(&a, PEM), "the whole");
    expect_kept(r, value_string(&a, "second: MIIBbbbbb"), "one line");
    struct buf json = {0};
    json_write_string(&json, PEM, strlen(PEM));
    expect_kept(r, value_string(&a, buf_text(&json)), "escaped");
    buf_free(&json);
    arena_free(&a);
    redact_free(r);
}

Test(keep, a_secret_in_another_form_is_withheld)
{
    static const char want[] = "it holds a secret in another form";
    struct redact *r = secrets_new();
    struct arena a = {0};
    expect_withheld(r, value_string(&a, "c2tfbGl2ZS8iNGVDMzki"), want);              // base64
    expect_withheld(r, value_string(&a, "x: 736b5f6c6976652f22346543333922"), want); // hex
    expect_withheld(r, value_string(&a, "sk_live%2F%224eC39%22"), want);
    expect_withheld(r, value_string(&a, "sk_live\\/\\\"4eC39\\\""), want);
    redact_add(r, "other", "4eC39\"xyz", 9);
    expect_withheld(r, value_string(&a, "sk_live/\"4eC39\"xyz"), want); // overlapping ones
    struct value *object = value_object(&a);
    value_set(&a, object, "c2tfbGl2ZS8iNGVDMzki", value_int(&a, 1));
    expect_withheld(r, object, want);
    arena_free(&a);
    redact_free(r);
}

Test(keep, numbers)
{
    static const double floats[] = {1e300,
                                    -0.0,
                                    0.0,
                                    0.1,
                                    1.0,
                                    -1.5,
                                    5e-324,
                                    DBL_MAX,
                                    -DBL_MAX,
                                    9007199254740993.0,
                                    9223372036854775808.0,
                                    1e22,
                                    123456.789012};
    static const int64_t whole[] = {0, 1, -1, INT64_MAX, INT64_MIN, 9007199254740993, 7391};
    struct redact *r = secrets_new();
    struct arena a = {0};
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++)
        expect_kept(r, value_float(&a, floats[i]), "a float");
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        expect_kept(r, value_int(&a, whole[i]), "a whole number");
    struct value *n = value_float(&a, 1);
    n->number = NAN;
    expect_withheld(r, n, "it holds a number that is not finite");
    n->number = -INFINITY;
    expect_withheld(r, n, "it holds a number that is not finite");
    expect_withheld(r, value_int(&a, 73914), "it holds a secret as a number");
    expect_withheld(r, value_float(&a, 73914), "it holds a secret as a number");
    redact_add(r, "long", "12345678901234567890", 20);
    redact_add(r, "broken", "4711.25", 7);
    expect_withheld(r, value_float(&a, 12345678901234567890.0), "it holds a secret as a number");
    expect_withheld(r, value_float(&a, 4711.25), "it holds a secret as a number");
    expect_withheld(NULL, n, "it holds a number that is not finite");
    arena_free(&a);
    redact_free(r);
}

Test(keep, kinds_are_not_mixed_up)
{
    struct arena a = {0};
    struct value *list = value_array(&a), *object = value_object(&a);
    value_push(&a, list, value_array(&a));
    value_push(&a, list, value_object(&a));
    value_push(&a, list, value_null(&a));
    value_push(&a, list, value_bool(&a, false));
    value_push(&a, list, value_float(&a, 1));
    value_push(&a, list, value_int(&a, 1));
    value_append(&a, object, "a\0b", 3, value_bytes(&a, "c\0d\0", 4));
    value_append(&a, object, "a", 1, list);
    expect_kept(NULL, object, "an object of all kinds");
    const char *why;
    const struct value *none = keep_value(&a, NULL, NULL, &why);
    cr_expect(none && none->type == VALUE_NULL && why == NULL);
    arena_free(&a);
}

Test(keep, bytes_that_are_no_text_are_withheld)
{
    struct arena a = {0};
    struct value *object = value_object(&a);
    expect_kept(NULL, value_string(&a, "h\xc3\xa9llo \xf0\x9f\x98\x80"), "UTF-8");
    expect_withheld(NULL, value_string(&a, "\xff\xfe"), "it holds bytes that are no text");
    expect_withheld(NULL, value_string(&a, "\xed\xa0\x80"), "it holds bytes that are no text");
    value_append(&a, object, "\xff", 1, value_int(&a, 1));
    expect_withheld(NULL, object, "it holds bytes that are no text");
    arena_free(&a);
}

Test(keep, what_nests_too_deep_to_be_read_is_withheld)
{
    struct arena a = {0};
    struct value *v = value_array(&a);
    for (int i = 1; i < JSON_MAX_DEPTH; i++) {
        struct value *outer = value_array(&a);
        value_push(&a, outer, v);
        v = outer;
    }
    expect_kept(NULL, v, "as deep as JSON may be");
    struct value *outer = value_array(&a);
    value_push(&a, outer, v);
    expect_withheld(NULL, outer, "it does not come back from JSON as it is");
    arena_free(&a);
}

Test(keep, two_members_of_one_key_are_withheld)
{
    struct arena a = {0};
    struct value *object = value_object(&a);
    value_append(&a, object, "k", 1, value_int(&a, 1));
    value_append(&a, object, "k", 1, value_int(&a, 2));
    expect_withheld(NULL, object, "it does not come back from JSON as it is");
    arena_free(&a);
}

static void expect_lost(const struct redact *before, const struct redact *later, const char *text)
{
    struct arena a = {0};
    const char *why = NULL;
    cr_expect_null(through(&a, before, later, value_string(&a, text), &why));
    cr_expect(why && strstr(why, "not known any more, or is another one now"), "%s",
              why ? why : "");
    arena_free(&a);
}

Test(keep, a_secret_that_is_unknown_or_another_one_by_then)
{
    struct redact *r = secrets_new(), *later = redact_new();
    expect_lost(r, later, TOKEN);
    expect_lost(r, NULL, TOKEN);
    redact_add(later, "token", "sk_live/rotated", 15);
    expect_lost(r, later, TOKEN);
    redact_free(later);
    redact_free(r);
}

// Of two secrets with one name (a Secret read before and after it was changed) each comes back.
Test(keep, two_secrets_of_one_name)
{
    struct redact *r = redact_new();
    struct arena a = {0};
    redact_add(r, "token", "before-1", 8);
    redact_add(r, "token", "after-22", 8);
    expect_kept(r, value_string(&a, "after-22 before-1"), "two of one name");
    arena_free(&a);
    redact_free(r);
}

// Whether it was the secret or a text that says so is not known: neither is guessed.
Test(keep, marks_of_older_runbooks_are_withheld)
{
    struct redact *r = secrets_new();
    struct arena a = {0};
    const char *why = NULL;
    struct value *object = value_object(&a);
    value_set(&a, object, "is [secret token]", value_int(&a, 1));
    cr_expect_null(keep_restore(&a, r, value_string(&a, "[secret token]"), &why));
    cr_expect(why && strstr(why, "older runbook"));
    cr_expect_null(keep_restore(&a, r, object, &why));
    cr_expect(why && strstr(why, "older runbook"));
    const struct value *plain = keep_restore(&a, r, value_string(&a, "as it was"), &why);
    cr_expect(plain && strcmp(value_text(plain), "as it was") == 0 && why == NULL);
    arena_free(&a);
    redact_free(r);
}

Test(keep, a_reason_stands_for_what_was_withheld)
{
    struct arena a = {0};
    const char *why = NULL;
    const struct value *withheld = keep_withheld(&a, "it holds bytes that are no text");
    cr_expect_null(keep_restore(&a, NULL, withheld, &why));
    cr_expect_str_eq(why, "it holds bytes that are no text");
    expect_kept(NULL, withheld, "a text that looks like it");
    arena_free(&a);
}

Test(keep, what_people_see)
{
    struct redact *r = secrets_new();
    struct arena a = {0};
    struct buf text = {0};
    const char *why;
    buf_printf(&text, "%s, [secret, [secret x] and 73914", TOKEN);
    const struct value *kept = keep_value(&a, r, value_string(&a, buf_text(&text)), &why);
    cr_expect_str_eq(value_text(keep_shown(&a, kept)),
                     "[secret token], [secret, [secret x] and [secret pin]");
    buf_free(&text);
    arena_free(&a);
    redact_free(r);
}
