#include "prim/http_answer.h"

#include <ctype.h>
#include <string.h>

#include "base/code.h"
#include "base/duration.h"
#include "base/json.h"
#include "engine/credential.h"
#include "engine/run.h"
#include "prim/http_plan.h"

// Header names become lower-case; those that came several times are joined with ", ".
static struct value *headers_value(struct arena *a, const char *lines)
{
    struct value *headers = value_object(a);
    for (const char *line = lines; *line;) {
        size_t len = strcspn(line, "\r\n");
        const char *colon = memchr(line, ':', len);
        if (colon) {
            char *name = arena_copy(a, line, (size_t)(colon - line));
            for (char *p = name; *p; p++)
                *p = (char)tolower((unsigned char)*p);
            const char *text = colon + 1 + strspn(colon + 1, " \t");
            size_t text_len = len - (size_t)(text - line);
            struct value *before = value_get(headers, name);
            value_set(a, headers, name,
                      before ? value_printf(a, "%s, %.*s", before->string.text, (int)text_len, text)
                             : value_bytes(a, text, text_len));
        }
        line += len;
        line += strspn(line, "\r\n");
    }
    return headers;
}

static struct value *timings_value(struct arena *a, const struct fetch_result *r)
{
    struct value *t = value_object(a);
    value_set(a, t, "dns", value_float(a, r->dns));
    value_set(a, t, "connect", value_float(a, r->connect));
    value_set(a, t, "tls", value_float(a, r->tls));
    value_set(a, t, "first_byte", value_float(a, r->first_byte));
    value_set(a, t, "total", value_float(a, r->total));
    return t;
}

static struct value *response_value(struct arena *a, const struct fetch_result *r)
{
    struct value *v = value_object(a);
    value_set(a, v, "status", value_int(a, r->status));
    value_set(a, v, "headers", headers_value(a, r->headers));
    value_set(a, v, "body", value_bytes(a, r->body ? r->body : "", r->body_len));
    value_set(a, v, "url", value_string(a, r->url));
    value_set(a, v, "ip", value_string(a, r->ip));
    value_set(a, v, "port", value_int(a, r->port));
    value_set(a, v, "http_version", value_int(a, r->http_version));
    value_set(a, v, "redirects", value_int(a, r->redirects));
    value_set(a, v, "attempts", value_int(a, r->attempts));
    value_set(a, v, "bytes", value_int(a, r->bytes));
    value_set(a, v, "timings", timings_value(a, r));
    return v;
}

// The value at "a.b" of an answer, or NULL.
static const struct value *member_at(struct arena *a, const struct value *v, const char *path)
{
    for (size_t len; v && *path; path += len + (path[len] == '.')) {
        len = strcspn(path, ".");
        v = value_get(v, arena_copy(a, path, len));
    }
    return v;
}

// Masks what the author says is secret in the answer, before anyone is told of it.
static void mask_secrets(const struct effect *e, const struct fetch_result *r)
{
    const struct value *paths = value_get(e->args, "secret");
    struct run *run = e->run;
    struct arena a = {0};
    if (paths == NULL || run->mask == NULL)
        return;
    const struct value *answer = json_parse(&a, r->body ? r->body : "", r->body_len, NULL);
    for (size_t i = 0; i < value_count(paths); i++) {
        const char *path = value_text(value_at(paths, i));
        const struct value *found = member_at(&a, answer, path);
        if (found && found->type == VALUE_STRING)
            run->mask(run->mask_arg, path, found->string.text, found->string.len);
    }
    arena_free(&a);
}

// What is meant as the JSON itself, as { id = 7 }, is no answer.
static bool describes(const struct value *given)
{
    return given->type == VALUE_OBJECT &&
           (value_count(given) == 0 || value_get(given, "status") || value_get(given, "json") ||
            value_get(given, "body") || value_get(given, "headers"));
}

struct value *http_answer_complete(struct effect *e, const struct value *given)
{
    struct arena *a = &e->arena;
    const struct value *json = value_get(given, "json"), *headers = value_get(given, "headers");
    struct value *v = value_object(a);
    struct buf text = {0};
    if (!describes(given))
        return NULL;
    if (json)
        json_write(&text, json, JSON_CANONICAL);
    else
        buf_puts(&text, value_get_text(given, "body"));
    value_set(a, v, "status", value_int(a, value_get_int(given, "status", 200)));
    value_set(a, v, "headers", headers ? value_copy(a, headers) : value_object(a));
    value_set(a, v, "body", value_bytes(a, buf_text(&text), text.len));
    value_set(a, v, "url", value_get(e->args, "url"));
    value_set(a, v, "timings", value_object(a));
    buf_free(&text);
    return v;
}

// What an answer says of a write: a gateway that gave up does not know what became of it; one that
// was refused changed nothing, unless an earlier attempt or another hop had taken it.
static void judge_write(struct effect *e, const struct fetch_result *r)
{
    bool once = r->attempts <= 1 && r->redirects == 0;
    if (e->local) { // it was only asked for, and no file was written unless it was given
        e->refused = r->status / 100 != 2;
        return;
    }
    e->in_doubt = r->status == 502 || r->status == 504 || (r->lost && r->status >= 300);
    e->refused = once && http_refuses(r->status);
}

void http_answered(struct effect *e, const struct fetch_result *r)
{
    struct arena *a = &e->arena;
    bool write = e->access == ACCESS_WRITE;
    if (r->error) {
        e->in_doubt = write && !e->local && r->sent;
        e->refused = !e->in_doubt;
        e->answer = NULL; // not what the author assumes, either
        e->code = r->code;
        e->error =
            arena_printf(a, "%s: %s%s", e->summary, r->error,
                         e->in_doubt ? " (it was sent: whether it took effect is not known)" : "");
    } else {
        char time[64];
        mask_secrets(e, r);
        if (write)
            judge_write(e, r);
        if (r->status >= 400)
            e->code = code_http(a, r->status);
        e->result = response_value(a, r);
        credential_of_url(e->run, value_get_text(value_get(e->result, "headers"), "location"));
        e->answer = arena_printf(a, "%d in %s", r->status,
                                 duration_format((int64_t)(r->total * 1000), time, sizeof time));
    }
}
