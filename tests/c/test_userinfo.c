#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "base/userinfo.h"
#include "record/cover.h"

static void check_hidden(const char *text, const char *expected)
{
    struct arena a = {0};
    size_t len;
    const char *got = userinfo_hidden(&a, text, strlen(text), &len);
    cr_expect_str_eq(got, expected);
    cr_expect_eq(len, strlen(expected));
    arena_free(&a);
}

Test(userinfo, hides_every_password_and_nothing_else)
{
    static const char *const rows[][2] = {
        {"http://ops:pw@host/", "http://ops:***@host/"},
        {"x https://ops:a:b@host, then ftp://:c@[::1]:80/d e",
         "x https://ops:***@host, then ftp://:***@[::1]:80/d e"},
        {"\"db\":\"postgres://u:p%40w@h/db?x=a:b@c\"", "\"db\":\"postgres://u:***@h/db?x=a:b@c\""},
        {"http://u:a@b@host", "http://u:***@host"},
        {"http://u:[secret the password of u]@host", "http://u:***@host"},
        {"http://[secret a b]:[secret c d]@host", "http://[secret a b]:***@host"},
        {"http://ops@host/ http://ops:@host http://host:80/a:b@c",
         "http://ops@host/ http://ops:@host http://host:80/a:b@c"},
        {"http://host:80 is of ops@host", "http://host:80 is of ops@host"},
        {"a ://b:c@d", "a ://b:c@d"},
        {"http://", "http://"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_hidden(rows[i][0], rows[i][1]);
}

Test(userinfo, of_a_url_that_is_none)
{
    struct arena a = {0};
    struct userinfo u;
    cr_assert(userinfo_of("http://ops:a \"b%21@host/x@y", &u));
    cr_expect_str_eq(userinfo_password(&a, &u), "a \"b!");
    cr_expect_str_eq(userinfo_name(&a, &u), "the password of ops");
    cr_expect_not(userinfo_of("ops:pw@host", &u));
    cr_expect_not(userinfo_of("http://host/ops:pw@x", &u));
    arena_free(&a);
}

static void check_cover(const struct redact *r, const char *text, const char *expected)
{
    size_t len;
    char *got = cover_text(r, text, strlen(text), &len);
    cr_expect_str_eq(got, expected);
    free(got);
}

Test(cover, masks_the_password_in_both_forms)
{
    struct redact *r = redact_new();
    struct userinfo u;
    cr_assert(userinfo_of("http://ops:p%40ssword@host", &u));
    cover_learn(r, &u);
    check_cover(r, "p%40ssword, p@ssword, http://ops:p@ssword@h",
                "[secret the password of ops], [secret the password of ops], http://ops:***@h");
    redact_free(r);
}

Test(cover, leaves_the_name_of_the_user)
{
    struct redact *r = redact_new();
    struct userinfo u;
    cr_assert(userinfo_of("http://admin:admin@host", &u));
    cover_learn(r, &u);
    cr_expect(redact_empty(r));
    check_cover(r, "http://admin:admin@host", "http://admin:***@host");
    cr_assert(userinfo_of("http://ops:abc@host", &u));
    cover_learn(r, &u);
    cr_expect(redact_empty(r), "too short");
    redact_free(r);
}

Test(cover, knows_the_slashes_of_php)
{
    check_cover(NULL, "{\"u\":\"http:\\/\\/ops:pw47@h\\/x\"}",
                "{\"u\":\"http:\\/\\/ops:***@h\\/x\"}");
    check_cover(NULL, "http:\\/ops:pw47@h", "http:\\/ops:pw47@h");
}

Test(cover, reaches_into_values)
{
    struct arena a = {0};
    struct value *v = value_object(&a), *list = value_array(&a);
    value_push(&a, list, value_string(&a, "http://a:b@c"));
    value_set(&a, v, "http://x:y@z", list);
    const struct value *safe = cover_value(&a, NULL, v);
    cr_expect_str_eq(value_text(value_at(value_get(safe, "http://x:***@z"), 0)), "http://a:***@c");
    arena_free(&a);
}
