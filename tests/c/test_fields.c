// Fields in every coat: what a server may find by name in a query or a body, and that no end of a
// text leads past it.
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "prim/fields.h"
#include "prim/header.h"

static struct arena a;
static struct buf told;

static void end(void)
{
    arena_free(&a);
    buf_free(&told);
}

TestSuite(fields, .fini = end);

static bool wants(const char *name)
{
    return strcmp(name, "_method") == 0;
}

static void tell(void *arg, const char *value)
{
    (void)arg;
    buf_printf(&told, "%s|", value ? value : "(any)");
}

typedef void reading(const struct fields *, const char *, size_t);

// What a reading tells of a text, which is put where a byte past its end is found out.
static const char *found(reading *read, const char *text, size_t len)
{
    char *exact = malloc(len ? len : 1);
    memcpy(exact, text, len);
    buf_clear(&told);
    read(&(struct fields){&a, wants, tell, NULL}, exact, len);
    free(exact);
    return buf_text(&told);
}

#define FINDS(read, text, what) cr_expect_str_eq(found(read, text, sizeof text - 1), what, text)

Test(fields, of_a_form)
{
    FINDS(fields_form, "_method=DELETE", "DELETE|");
    FINDS(fields_form, "a=1&%5fmethod=P%55T;_method=X&b", "PUT|X|");
    FINDS(fields_form, "_method", "|");
    FINDS(fields_form, "_method%00a=PUT", "PUT|");
    FINDS(fields_form, "_method=PUT%00x", "PUT|");
    FINDS(fields_form, "\0&_method=PUT", "PUT|");
    FINDS(fields_form, "a_method=1&_methods=2&x=_method&=_method&_method%", "");
    FINDS(fields_form, "", "");
    FINDS(fields_form, "&;&=", "");
}

Test(fields, of_json)
{
    FINDS(fields_json, "{\"_method\":\"PUT\"}", "PUT|");
    FINDS(fields_json, "{\"a\":[{}],\"_method\" : \"PUT\",\"_method\":\"X\"}", "PUT|X|");
    FINDS(fields_json, "{\"\\u005fm\\u0065thod\":\"P\\u0055T\"}", "PUT|");
    FINDS(fields_json, "{\"_method\":7}", "7|");
    FINDS(fields_json, "{\"a\":{\"_method\":\"PUT\"}}", "");
    FINDS(fields_json, "[{\"_method\":\"PUT\"}]", "");
    FINDS(fields_json, "{\"a\":\"{\\\"_method\\\":1}\"}", "");
    FINDS(fields_json, "{\"a\":{\"_method\":\"PUT\"},}", "PUT|"); // not JSON: at any depth
    FINDS(fields_json, "/*\"*/{'_method':'PUT'}", "PUT|");
    FINDS(fields_json, "{\"_method\":\"PUT", "\"PUT|");
    FINDS(fields_json, "{\"_method\":", "|");
    FINDS(fields_json, "{\"_method\"", "");
    FINDS(fields_json, "{\"_meth\\", "");
    FINDS(fields_json, "{\"_meth\\u00", "");
    FINDS(fields_json, "\"", "");
    FINDS(fields_json, "", "");
}

Test(fields, of_a_multipart_body)
{
    FINDS(fields_multipart, "--b\r\nx: y; name=\"_method\"\r\n\r\nPUT\r\n--b--", "PUT|");
    FINDS(fields_multipart, "--b\nx: y; NAME = _method; a=b\nc: d\n\nPUT", "PUT|");
    FINDS(fields_multipart, "x: y; name*=utf-8'en'%5Fmethod\r\n\r\nPUT\r\n", "PUT|");
    FINDS(fields_multipart, "x: y; name=\"_me\\thod\"\r\n\r\nPUT\r\n", "PUT|");
    FINDS(fields_multipart, "x: y; name=\"=?utf-8?Q?x?=\"\r\n\r\nPUT\r\n", "(any)|");
    FINDS(fields_multipart, "x: y; name=\"_method\"", "|");
    FINDS(fields_multipart, "x: y; name=\"a\"\r\n\r\n_method\r\n", "");
    FINDS(fields_multipart, "name", "");
    FINDS(fields_multipart, "name=", "");
    FINDS(fields_multipart, "name*=", "");
    FINDS(fields_multipart, "name=\"", "");
    FINDS(fields_multipart, "", "");
}

Test(fields, a_long_text_takes_no_long_time)
{
    static char text[1 << 20];
    const char *const pieces[] = {"\"\\", "name=\"", "&", "{\"_method\":", "'\"name*="};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        size_t len = strlen(pieces[i]);
        for (size_t at = 0; at + len < sizeof text; at += len)
            memcpy(text + at, pieces[i], len);
        found(fields_form, text, sizeof text);
        found(fields_json, text, sizeof text);
        found(fields_multipart, text, sizeof text);
    }
}

Test(fields, headers_that_servers_take_for_one)
{
    cr_expect(header_is("X_Original-URL", "x-original-url"));
    cr_expect(header_is("x.original.url", "x-original-url"));
    cr_expect(header_is("CONTENT_LENGTH", "content-length"));
    cr_expect(!header_is("x-original-urls", "x-original-url"));
    cr_expect(!header_is("x-original-ur", "x-original-url"));
    cr_expect(!header_is("", "x-original-url"));
}
