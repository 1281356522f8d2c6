#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

Test(buf, empty)
{
    struct buf b = {0};
    cr_assert_str_eq(buf_text(&b), "");
    buf_clear(&b);
    buf_free(&b);
    cr_assert(buf_add(&b, NULL, 0));
    cr_assert_str_eq(b.data, "");
    buf_free(&b);
}

Test(buf, grows)
{
    struct buf b = {0};
    for (int i = 0; i < 100000; i++) {
        cr_assert(buf_puts(&b, "ab"));
        cr_assert(buf_putc(&b, 'c'));
        cr_assert_eq(b.data[b.len], '\0');
    }
    cr_assert_eq(b.len, 300000);
    for (size_t i = 0; i < b.len; i++)
        cr_assert_eq(b.data[i], "abc"[i % 3]);
    buf_free(&b);
    cr_assert_eq(b.room, 0);
}

Test(buf, holds_any_bytes)
{
    struct buf b = {0};
    cr_assert(buf_add(&b, "a\0b", 3));
    cr_assert(buf_putc(&b, '\0'));
    cr_assert_eq(b.len, 4);
    cr_assert_eq(memcmp(b.data, "a\0b\0", 5), 0);
    buf_free(&b);
}

Test(buf, printf)
{
    struct buf b = {0};
    cr_assert(buf_printf(&b, "%d-%s", 12, "x"));
    cr_assert(buf_printf(&b, "%s", ""));
    cr_assert(buf_printf(&b, "%0500d", 7));
    cr_assert_eq(b.len, 504);
    cr_assert_eq(strncmp(b.data, "12-x000", 7), 0);
    cr_assert_eq(b.data[503], '7');
    buf_free(&b);
}

Test(buf, cap)
{
    struct buf b = {.max = 5};
    cr_assert(buf_puts(&b, "abc"));
    cr_assert_not(buf_puts(&b, "def"));
    cr_assert_not(buf_printf(&b, "%d", 123));
    cr_assert_str_eq(b.data, "abc", "what did not fit was added in part");
    cr_assert_eq(b.len, 3);
    cr_assert(buf_printf(&b, "%d", 12));
    cr_assert(buf_puts(&b, ""));
    cr_assert_not(buf_putc(&b, 'x'));
    cr_assert_str_eq(b.data, "abc12");
    cr_assert_not(buf_add(&b, "x", (size_t)-1), "a length that wraps around was taken");
    buf_clear(&b);
    cr_assert_str_eq(buf_text(&b), "");
    cr_assert(buf_puts(&b, "again"));
    cr_assert_not(buf_putc(&b, 'x'), "buf_clear lost the cap");
    buf_free(&b);
    cr_assert_not(buf_puts(&b, "longer"), "buf_free lost the cap");
    buf_free(&b);
}

Test(buf, cap_of_an_empty_one)
{
    struct buf b = {.max = 2};
    cr_assert_not(buf_puts(&b, "abc"));
    cr_assert_str_eq(buf_text(&b), "");
    buf_free(&b);
}

Test(buf, take)
{
    struct buf b = {0};
    char *none = buf_take(&b);
    cr_assert_str_eq(none, "");
    buf_puts(&b, "mine");
    char *text = buf_take(&b);
    cr_assert_str_eq(text, "mine");
    cr_assert_eq(b.len, 0);
    cr_assert_null(b.data);
    buf_puts(&b, "next");
    cr_assert_str_eq(b.data, "next");
    cr_assert_str_eq(text, "mine");
    free(none);
    free(text);
    buf_free(&b);
}
