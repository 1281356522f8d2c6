// http: one request, one answer. http.get and its kin stand on http.request, in the prelude.
#include <ctype.h>
#include <lauxlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "engine/door.h"
#include "engine/failure.h"
#include "engine/mode.h"
#include "engine/run.h"
#include "net/fetch.h"
#include "prim/args.h"
#include "prim/connection.h"
#include "prim/http_answer.h"
#include "prim/http_body.h"
#include "prim/http_plan.h"
#include "prim/override.h"
#include "prim/prims.h"

static void http_done(struct fetch *fetch, const struct fetch_result *r, void *arg)
{
    struct effect *e = arg;
    (void)fetch;
    e->work = NULL;
    http_answered(e, r);
    effect_end(e);
}

// A plan looks at an answer's head only.
static bool drop_body(const char *bytes, size_t len, void *arg)
{
    (void)bytes;
    (void)len;
    (void)arg;
    return false;
}

static void http_perform(struct effect *e)
{
    const struct value *body = value_get(e->args, "body");
    const struct value *to_file = value_get(e->args, "to_file");
    struct fetch_request request = {
        .method = value_get_text(e->args, "method"),
        .url = value_get_text(e->args, "url"),
        .body = body ? body->string.text : NULL,
        .body_len = body ? body->string.len : 0,
        .max_redirects = (int)value_get_int(e->args, "redirects", 0),
        .max_bytes = (size_t)value_get_int(e->args, "max_bytes", 0),
        .repeatable = value_get_bool(e->args, "repeatable", false),
        .overridden = value_count(override_methods(e)) > 0,
        .to_file = to_file ? to_file->string.text : NULL,
    };
    if (to_file && e->run->mode->rehearsal) {
        request.to_file = NULL;
        request.on_data = drop_body;
        e->note = arena_printf(&e->arena, "a plan does not write %s", to_file->string.text);
    }
    connection_fill(e, &request);
    e->work = fetch_start(e->run->fetcher, &request, http_done, e);
}

static void http_cancel(struct effect *e)
{
    fetch_cancel(e->work);
    e->work = NULL;
}

static void http_settle(struct effect *e)
{
    fetch_settle(e->work);
}

static const struct effect_kind http_kind = {.name = "http.request",
                                             .fetches = true,
                                             .perform = http_perform,
                                             .cancel = http_cancel,
                                             .settle = http_settle,
                                             .amend = http_amend};

static bool is_among(const char *method, const char *const *methods)
{
    while (*methods && strcmp(*methods, method) != 0)
        methods++;
    return *methods != NULL;
}

// `given` is the method as the author wrote it, NULL where a header or a field names it: in
// capitals a secret would not be known again.
static void check_method(lua_State *L, const char *method, const char *given)
{
    if (*method == '\0' || strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != strlen(method))
        failure_raise(L, FAILURE_USAGE, "%s%s%s is not an HTTP method", given ? "'" : "",
                      given ? given : "what a header or a field asks for", given ? "'" : "");
}

// Whether a method only asks; `reads` is the author's word for it. What names a change by itself
// does not become a read by that, for a plan makes reads.
static bool method_asks(lua_State *L, const char *method, bool reads)
{
    static const char *const safe[] = {"GET", "HEAD", "OPTIONS", NULL};
    static const char *const asking[] = {"POST", "QUERY", "SEARCH", "REPORT", "PROPFIND", NULL};
    if (reads && !is_among(method, safe) && !is_among(method, asking))
        failure_raise(L, FAILURE_USAGE,
                      "http: a %s is never a read, and a plan would make it; `reads = true` is for "
                      "a POST that only asks",
                      method);
    return reads || is_among(method, safe);
}

// The method in capitals. The request is a read when that and all that may take its place only ask.
static const char *method_read(lua_State *L, struct effect *e, const struct value *others)
{
    const char *given = args_text(L, e, "method");
    char *method = arena_printf(&e->arena, "%s", given ? given : "GET");
    for (char *p = method; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    check_method(L, method, given ? given : method);
    for (size_t i = 0; i < value_count(others); i++)
        check_method(L, value_text(value_at(others, i)), NULL);
    bool reads = args_bool(L, e, "reads", false), asks = method_asks(L, method, reads);
    for (size_t i = 0; i < value_count(others); i++)
        asks = method_asks(L, value_text(value_at(others, i)), reads) && asks;
    e->access = asks ? ACCESS_READ : ACCESS_WRITE;
    value_remove(e->args, "reads");
    value_set(&e->arena, e->args, "method", value_string(&e->arena, method));
    return method;
}

static void check_secret(lua_State *L, const struct value *paths)
{
    bool fits = paths == NULL || paths->type == VALUE_ARRAY;
    for (size_t i = 0; i < value_count(paths) && fits; i++)
        fits = value_at(paths, i)->type == VALUE_STRING;
    if (!fits)
        failure_raise(L, FAILURE_USAGE,
                      "http: secret lists fields of the JSON answer: secret = { \"data.key\" }");
}

static void check_url(lua_State *L, const char *url)
{
    if (url == NULL)
        failure_raise(L, FAILURE_USAGE, "http wants a url: http.get(\"https://...\")");
    if (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0)
        failure_raise(L, FAILURE_USAGE, "'%s' is not an http or https URL", url);
}

// What the author says the answer will be, filled up to the shape of a real one.
static void complete_assumption(lua_State *L, struct effect *e)
{
    struct arena *a = &e->arena;
    if (e->assume == NULL)
        return;
    if (e->assume->type != VALUE_OBJECT)
        failure_raise(L, FAILURE_USAGE,
                      "assume must describe the answer: assume = { status = 200, json = { ... } }");
    const struct value *json = value_get(e->assume, "json");
    struct value *v = value_object(a), *none = value_object(a);
    struct buf text = {0};
    if (json)
        json_write(&text, json, JSON_CANONICAL);
    else
        buf_puts(&text, value_get_text(e->assume, "body"));
    value_set(a, v, "status", value_int(a, value_get_int(e->assume, "status", 200)));
    value_set(a, v, "headers",
              value_get(e->assume, "headers") ? value_get(e->assume, "headers") : none);
    value_set(a, v, "body", value_bytes(a, buf_text(&text), text.len));
    value_set(a, v, "url", value_get(e->args, "url"));
    value_set(a, v, "timings", none);
    buf_free(&text);
    e->assume = v;
    e->answer = arena_printf(a, "%lld", (long long)value_get_int(v, "status", 0));
}

// What a request does to its URL. Who says in a header for whom it is, asks that host.
static void need_method(struct effect *e, const char *method, const char *url)
{
    const struct value *headers = value_get(e->args, "headers");
    const char *host = strstr(url, "://") + 3;
    need_add(e, "http", method, url, NULL);
    for (size_t i = 0; i < value_count(headers); i++) {
        const struct value_member *m = &headers->object.members[i];
        if (strcasecmp(m->key, "host") == 0)
            need_add(e, "http", method,
                     arena_printf(&e->arena, "%.*s%s%s", (int)(host - url), url,
                                  value_text(m->value), host + strcspn(host, "/?#")),
                     NULL);
    }
}

// http.request { url = "https://...", method = "POST", json = { ... }, ... }
// One request. Effect: a read for GET, HEAD and OPTIONS and where `reads` says so, else a write.
// Any HTTP status is an answer; raises an effect failure when none arrived. Options, beside those
// of every connection:
//   url              http or https
//   method           default GET; a header X-HTTP-Method-Override, X-HTTP-Method or
//                    X-Method-Override, or a field `_method` of the query, the form or the JSON,
//                    names another one, which counts as well
//   query, form      tables of fields, nested as Stripe and PHP write it: a[b][0]=x
//   json             plain data
//   body             text; a request has one of form, json and body
//   reads            true: this POST only asks, so it is made in a plan too; never a PUT, PATCH
//                    or DELETE
//   redirects        how many to follow (default 0); credentials never follow to another host
//   max_bytes        of the answer's body, as 65536 or "10MB" (default 16 MB without to_file)
//   to_file          path that the body of a 2xx answer is written to; not in a plan
//   idempotency_key  sent as Idempotency-Key; the request may then be made again by `retries`
//   repeatable       true: it may be made again although it is a POST or PATCH
//   probe            function that looks whether a request in doubt has taken effect: true, false
//                    (twice, two seconds apart: it is then sent again), or nil when it cannot tell.
//                    It is asked at once, and by `resume` before anything else
//   sensitive        true: the answer holds a secret, so the journal does not keep it
//   secret           list of fields of the JSON answer, as "data.key": their values are masked
//                    from then on, wherever they would be shown or recorded
// Fields of the answer:
//   status, ok       the number, and whether it is 2xx
//   headers          { name = text }, names in lower case, equal ones joined by ", "
//   body             text
//   url              the last one, after redirects
//   ip, port         the peer
//   timings          { dns, connect, tls, first_byte, total }, in seconds since the start
//   http_version, redirects, attempts, bytes
//                    whole numbers; HTTP/1.1 is 11
static int http_request(lua_State *L)
{
    static const char *const targeting[] = {"GET", "PUT", "PATCH", "DELETE", NULL};
    lua_settop(L, 1);
    struct effect *e = effect_new(L, &http_kind, ACCESS_READ);
    struct arena *a = &e->arena;
    args_read(L, 1, e, "http.request",
              "url method query form json body reads redirects max_bytes to_file repeatable "
              "idempotency_key sensitive secret probe " CONNECTION_OPTIONS);
    check_secret(L, value_get(e->args, "secret"));
    check_url(L, args_text(L, e, "url"));
    connection_read(L, e);
    http_body_read(L, e);
    const struct value *others = override_methods(e);
    const char *method = method_read(L, e, others);
    const char *other = value_count(others) ? value_text(value_at(others, 0)) : NULL;
    args_int(L, e, "redirects", 0, 0, 50);
    if (args_text(L, e, "to_file"))
        need_add(e, "write", NULL, args_text(L, e, "to_file"), NULL);
    const char *key = args_text(L, e, "idempotency_key");
    if (key)
        http_header_add(e, "Idempotency-Key", key);
    if (key || args_bool(L, e, "repeatable", e->access == ACCESS_READ))
        value_set(a, e->args, "repeatable", value_bool(a, true));
    e->repeatable =
        value_get_bool(e->args, "repeatable", false) || (!other && strcmp(method, "PUT") == 0);
    e->sensitive = args_bool(L, e, "sensitive", false);
    value_remove(e->args, "sensitive");
    int64_t cap = args_bytes(L, e, "max_bytes", 0);
    if (cap)
        value_set(a, e->args, "max_bytes", value_int(a, cap));
    const char *url = value_get_text(e->args, "url");
    if (e->summary == NULL)
        e->summary = other ? arena_printf(a, "%s %s as %s", method, url, other)
                           : arena_printf(a, "%s %s", method, url);
    e->system = connection_system(e, url);
    need_method(e, method, url);
    for (size_t i = 0; i < value_count(others); i++)
        need_method(e, value_text(value_at(others, i)), url);
    if (!other && is_among(method, targeting))
        e->target = url;
    if (e->access == ACCESS_WRITE) {
        e->diff = http_body_diff(run_of(L), e);
        http_details(run_of(L), e);
    }
    if (value_get(e->args, "json") || value_get(e->args, "form"))
        e->aside = "body"; // it says the same
    complete_assumption(L, e);
    if (e->access == ACCESS_WRITE && e->assume && run_of(L)->mode->rehearsal)
        http_foresee(e);
    return door_pass(L, e);
}

int prim_http(lua_State *L)
{
    static const luaL_Reg functions[] = {{"request", http_request}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
