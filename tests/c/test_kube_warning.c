// Warnings beside the answers of an API server, by client-go's rules.
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "kube/warning.h"

static void note(const char *text, void *arg)
{
    buf_printf(arg, "<%s>", text);
}

// What is told of the headers.
static const char *told(const char *headers)
{
    static struct buf out;
    buf_clear(&out);
    struct kube_warnings w = {.told = note, .arg = &out};
    kube_warnings_read(&w, headers);
    kube_warnings_free(&w);
    return buf_text(&out);
}

Test(kube_warning, is_read)
{
    static const struct {
        const char *headers, *told;
    } cases[] = {
        {NULL, ""},
        {"A: b\r\n", ""},
        {"Warning: 299 - \"old\"\r\n", "<old>"},
        {"warning:299 - \"old\"\r\nA: b\r\nWARNING: \t299 - \"older\" \r\n", "<old><older>"},
        {"Warning: 299 server:1 \"a, b\" \"Tue, 15 Nov 1994 08:12:31 GMT\", 299 - \"c\"\r\n",
         "<a, b><c>"},
        {"Warning: 299 - \"say \\\"a\\\\b\\\"\"\r\n", "<say \"a\\b\">"},
        {"Warning: 299 - \"\x1b[2Jred\ttab\x7f\"\r\n", "< [2Jred tab >"},
        {"Warning: 299 - \"\xc3\xa4 \xff\"\r\n", "<\xc3\xa4 \xef\xbf\xbd>"},
        // Another code is not for us, and what comes after it is.
        {"Warning: 199 - \"other\", 299 - \"ours\"\r\n", "<ours>"},
        {"Warning: 2999 - \"other\"\r\nWarning: 29 - \"other\"\r\n", ""},
        // What is not whole is left out, and the next line is read all the same.
        {"Warning: 299 - \"no end\r\nWarning: 299 -\r\nWarning: 299\r\nWarning:\r\nWarning: 299 - "
         "\"\"\r\nWarning: 299 - bare\r\nWarning: 299 - \"end\\\r\nWarning: 299 - \"well\"\r\n",
         "<well>"},
        {"Warning: 299 - \"a\" \"no end\r\nWarning: 299 - \"b\" c, 299 - \"d\"\r\n", "<a><b>"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_str_eq(told(cases[i].headers), cases[i].told, "%s", cases[i].headers);
}

Test(kube_warning, is_told_once)
{
    struct buf out = {0};
    struct kube_warnings w = {.told = note, .arg = &out};
    kube_warnings_read(&w, "Warning: 299 - \"a\"\r\nWarning: 299 - \"a\"\r\n");
    kube_warnings_read(&w, "Warning: 299 - \"b\", 299 - \"a\"\r\n");
    cr_expect_str_eq(buf_text(&out), "<a><b>");
    kube_warnings_free(&w);
    buf_free(&out);
}

Test(kube_warning, is_as_long_as_it_is_and_one_of_50)
{
    struct buf out = {0}, line = {0};
    struct kube_warnings w = {.told = note, .arg = &out};
    buf_puts(&line, "Warning: 299 - \"");
    for (int i = 0; i < 70000; i++)
        buf_putc(&line, 'x');
    buf_puts(&line, "\"\r\n");
    kube_warnings_read(&w, buf_text(&line));
    cr_expect_eq(out.len, 70002);
    for (int i = 0; i < 1000; i++) {
        char next[64];
        snprintf(next, sizeof next, "Warning: 299 - \"%d\"\r\n", i);
        kube_warnings_read(&w, next);
    }
    cr_expect_eq(strcmp(buf_text(&out) + out.len - 4, "<48>"), 0, "50 of them, not %s",
                 buf_text(&out) + 70002);
    kube_warnings_free(&w);
    buf_free(&line);
    buf_free(&out);
}

Test(kube_warning, is_told_to_nobody)
{
    struct kube_warnings w = {0};
    kube_warnings_read(&w, "Warning: 299 - \"a\"\r\n");
    cr_expect_null(w.seen);
}
