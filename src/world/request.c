#include "world/request.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "net/serve.h"

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;
    return at ? (int)(at - digits) : -1;
}

// Decodes text[0..len); in a form `plus` stands for a space. A broken escape stays as it is.
static struct value *percent_decode(struct arena *a, const char *text, size_t len, bool plus)
{
    char *out = arena_alloc(a, len + 1);
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '%' && i + 2 < len && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
            c = (char)(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        out[n++] = c;
    }
    return value_bytes(a, out, n);
}

static void query_read(struct arena *a, struct value *request, const char *text)
{
    struct value *query = value_object(a), *queries = value_array(a);
    while (*text) {
        size_t len = strcspn(text, "&");
        size_t key_len = strcspn(text, "=&");
        struct value *k = percent_decode(a, text, key_len, true);
        const char *rest = text + key_len + (key_len < len);
        struct value *v = percent_decode(a, rest, (size_t)(text + len - rest), true);
        if (len) {
            struct value *pair = value_array(a);
            value_push(a, pair, k);
            value_push(a, pair, v);
            value_push(a, queries, pair);
            value_set(a, query, value_text(k), v);
        }
        text += len + (text[len] == '&');
    }
    value_set(a, request, "query", query);
    value_set(a, request, "queries", queries);
}

struct gather {
    struct arena *a;
    struct value *headers;
};

static void header_add(const char *name, const char *value, void *arg)
{
    struct gather *g = arg;
    char *lower = arena_dup(g->a, name);
    for (char *p = lower; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    struct value *old = value_get(g->headers, lower);
    value_set(g->a, g->headers, lower,
              old ? value_printf(g->a, "%s, %s", value_text(old), value)
                  : value_string(g->a, value));
}

struct value *request_make(struct arena *a, const char *service, const struct request_parts *p)
{
    struct value *request = value_object(a);
    size_t path_len = strcspn(p->target, "?#");
    value_set(a, request, "service", value_string(a, service));
    value_set(a, request, "method", value_string(a, p->method));
    value_set(a, request, "target", value_string(a, p->target));
    value_set(a, request, "path", percent_decode(a, p->target, path_len, false));
    query_read(a, request, p->target[path_len] == '?' ? p->target + path_len + 1 : "");
    value_set(a, request, "headers", p->headers);
    value_set(a, request, "body", value_bytes(a, p->body, p->len));
    value_set(a, request, "peer", value_string(a, "127.0.0.1"));
    return request;
}

struct value *request_read(struct arena *a, const struct exchange *ex, const char *service)
{
    struct gather g = {a, value_object(a)};
    exchange_headers(ex, header_add, &g);
    struct request_parts parts = {
        .method = exchange_method(ex), .target = exchange_target(ex), .headers = g.headers};
    parts.body = exchange_body(ex, &parts.len);
    struct value *request = request_make(a, service, &parts);
    value_set(a, request, "peer", value_string(a, exchange_peer(ex)));
    return request;
}

bool request_writes(const struct value *request)
{
    const char *method = value_get_text(request, "method");
    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 || strcmp(method, "OPTIONS") == 0)
        return false;
    return strcmp(value_get_text(value_get(request, "query"), "dryRun"), "All") != 0;
}
