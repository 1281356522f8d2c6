// metrics: questions to Prometheus and Alertmanager, one effect kind each. The clients that authors
// see, metrics.prometheus and metrics.alertmanager, stand on them in the prelude.
#include <lauxlib.h>
#include <math.h>
#include <string.h>

#include "base/code.h"
#include "base/json.h"
#include "engine/credential.h"
#include "engine/door.h"
#include "engine/failure.h"
#include "engine/quote.h"
#include "engine/run.h"
#include "net/fetch.h"
#include "prim/args.h"
#include "prim/connection.h"
#include "prim/http_body.h"
#include "prim/metrics_answer.h"
#include "prim/override.h"
#include "prim/prims.h"
#include "prim/seen.h"

enum { SUMMARY_BYTES = 120 };

// A kind of question: how it is asked and how its answer is read.
struct question {
    struct effect_kind kind; // first, so that an effect's kind leads to its question
    const char *path;
    bool post;
    bool lenient; // no answer is an answer too
    metrics_reader *read;
};

static const struct question *question_of(const struct effect *e)
{
    return (const struct question *)e->kind;
}

// What kind of failure an answer is that was not taken: Prometheus says it by a word of its own.
static const char *code_of(struct arena *a, const struct fetch_result *r)
{
    const struct value *v = r->body_len ? json_parse(a, r->body, r->body_len, NULL) : NULL;
    const char *type = value_get_text(v, "errorType");
    if (*type)
        return arena_printf(a, CODE_METRICS "%.40s", type);
    return r->status / 100 == 2 ? CODE_BAD_ANSWER : code_http(a, r->status);
}

// What a question's effect works with.
struct asked {
    struct fetch *fetch;
    bool get; // instead of a POST, which not everything before a server lets pass
};

static void ask_once(struct effect *e);

// A proxy that lets reads pass often knows them by their method.
static bool refuses_post(const struct asked *asked, const struct fetch_result *r)
{
    return !asked->get && !r->error && (r->status == 403 || r->status == 405 || r->status == 501);
}

static void metrics_done(struct fetch *fetch, const struct fetch_result *r, void *arg)
{
    struct effect *e = arg;
    const struct question *q = question_of(e);
    struct asked *asked = e->work;
    error_local(err);
    (void)fetch;
    if (refuses_post(asked, r)) {
        asked->get = true;
        ask_once(e);
        return;
    }
    e->work = NULL;
    if (r->error && !q->lenient) {
        e->code = r->code;
        e->error = arena_printf(&e->arena,
                                "%s: %s; check the address, and that it can be reached from here",
                                e->summary, r->error);
    } else {
        e->result = q->read(e->run, &e->arena, r, &e->answer, &err);
        if (e->result == NULL) {
            e->error =
                arena_printf(&e->arena, "%s: %s: %s", e->summary, e->system, error_text(&err));
            e->code = code_of(&e->arena, r);
            e->retry_after_ms = fetch_retry_after(r->headers);
        }
    }
    effect_end(e);
}

// Appends "name=text" for the argument when there is one, a list once for each item.
static void field_add(struct buf *out, const char *name, const struct value *v)
{
    if (v == NULL)
        return;
    for (size_t i = 0; v->type == VALUE_ARRAY && i < value_count(v); i++)
        field_add(out, name, value_at(v, i));
    if (v->type == VALUE_ARRAY)
        return;
    buf_printf(out, "%s%s=", out->len ? "&" : "", name);
    if (v->type == VALUE_BOOL)
        buf_puts(out, v->boolean ? "true" : "false");
    else
        fetch_escape(out, v->string.text, v->string.len);
}

// The URL of a path of the API: the query of the server's address comes behind it, and `form` last.
static const char *url_of(struct arena *a, const char *base, const char *path, const char *form)
{
    size_t origin = strcspn(base, "?");
    const char *query = base + origin;
    while (origin && base[origin - 1] == '/')
        origin--;
    return arena_printf(a, "%.*s%s%s%s%s", (int)origin, base, path, query,
                        !*form   ? ""
                        : *query ? "&"
                                 : "?",
                        form);
}

static void ask_once(struct effect *e)
{
    static const char *const fields[] = {"query", "time",   "start",   "end",
                                         "step",  "filter", "silenced"};
    const struct question *q = question_of(e);
    struct asked *asked = e->work;
    struct buf form = {0};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        field_add(&form, fields[i], value_get(e->args, fields[i]));
    const char *text = arena_copy(&e->arena, buf_text(&form), form.len);
    struct fetch_request request = {
        .method = asked->get ? "GET" : "POST",
        .url = url_of(&e->arena, value_get_text(e->args, "url"), q->path, asked->get ? text : ""),
        .body = asked->get ? NULL : text,
        .body_len = asked->get ? 0 : form.len,
        .repeatable = true,
    };
    buf_free(&form);
    connection_fill(e, &request);
    asked->fetch = fetch_start(e->run->fetcher, &request, metrics_done, e);
}

static void metrics_perform(struct effect *e)
{
    struct asked *asked = arena_alloc(&e->arena, sizeof *asked);
    asked->get = !question_of(e)->post;
    e->work = asked;
    ask_once(e);
}

static void metrics_cancel(struct effect *e)
{
    struct asked *asked = e->work;
    fetch_cancel(asked->fetch);
    e->work = NULL;
}

static const struct question query_question = {
    .kind = {.name = "metrics.query",
             .fetches = true,
             .perform = metrics_perform,
             .cancel = metrics_cancel},
    .path = "/api/v1/query",
    .post = true,
    .read = metrics_read_query,
};
static const struct question range_question = {
    .kind = {.name = "metrics.range",
             .fetches = true,
             .perform = metrics_perform,
             .cancel = metrics_cancel},
    .path = "/api/v1/query_range",
    .post = true,
    .read = metrics_read_range,
};
static const struct question rules_question = {
    .kind = {.name = "metrics.rules",
             .fetches = true,
             .perform = metrics_perform,
             .cancel = metrics_cancel},
    .path = "/api/v1/rules",
    .read = metrics_read_rules,
};
static const struct question alerts_question = {
    .kind = {.name = "metrics.alerts",
             .fetches = true,
             .perform = metrics_perform,
             .cancel = metrics_cancel},
    .path = "/api/v2/alerts",
    .read = metrics_read_alerts,
};
static const struct question ready_question = {
    .kind = {.name = "metrics.ready",
             .fetches = true,
             .perform = metrics_perform,
             .cancel = metrics_cancel},
    .path = "/-/ready",
    .lenient = true,
    .read = metrics_read_ready,
};

static void url_read(lua_State *L, struct effect *e)
{
    const char *url = value_get_text(e->args, "url");
    size_t len = strlen(url);
    credential_of_url(run_of(L), url);
    if ((strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) ||
        strpbrk(url, "# \t\r\n"))
        failure_raise(
            L, FAILURE_USAGE,
            "%s wants the address of the server, such as \"http://prometheus:9090\", not '%s'",
            e->kind->name, url);
    while (url[len - 1] == '/')
        len--;
    value_set(&e->arena, e->args, "url", value_bytes(&e->arena, url, len));
    e->system = connection_system(e, url);
}

// A moment of the author's, seconds since 1970, becomes the API's argument `name`.
static void moment_read(lua_State *L, struct effect *e, const char *option, const char *name,
                        bool needed)
{
    const struct value *v = value_get(e->args, option);
    double at = v && v->type == VALUE_INT     ? (double)v->integer
                : v && v->type == VALUE_FLOAT ? v->number
                                              : NAN;
    if (v == NULL && !needed)
        return;
    if (!(at > 0 && at < 1e12))
        failure_raise(L, FAILURE_USAGE,
                      "%s: '%s' must be seconds since 1970, as wait.now() gives them",
                      e->kind->name, option);
    value_remove(e->args, option);
    value_set(&e->arena, e->args, name, value_printf(&e->arena, "%.3f", at));
}

static const struct args metrics_args = {
    &connection_args,
    {
        {"url", ARG_TEXT, "the address of the server, such as \"http://prometheus:9090\""},
    }};

static const struct args query_args = {&metrics_args, {{"query", ARG_TEXT, "PromQL"}}};

static const struct args metrics_query_args = {
    &query_args,
    {
        {"at", ARG_MOMENT, "the moment (default: the server's now)"},
    }};

static const struct args metrics_range_args = {&query_args,
                                               {
                                                   {"start", ARG_MOMENT, "the first moment"},
                                                   {"stop", ARG_MOMENT, "the last moment"},
                                                   {"step", ARG_TIME, "between points"},
                                               }};

static const struct args metrics_alerts_args = {
    &metrics_args,
    {
        {"filter", ARG_ANY, "a matcher such as \"severity=page\", or a list of them"},
        {"silenced", ARG_FLAG, "false: without the silenced ones"},
    }};

// Starts the effect from the options table at index 1; `summary` may be NULL: then it is the query.
static struct effect *ask(lua_State *L, const struct question *q, const struct args *table,
                          const char *summary)
{
    lua_settop(L, 1);
    struct effect *e = effect_new(L, &q->kind, ACCESS_READ);
    args_read(L, 1, e, q->kind.name, table);
    url_read(L, e);
    connection_read(L, e);
    if (value_count(override_methods(e, value_get_text(e->args, "url"))) || seen_path(e))
        failure_raise(L, FAILURE_USAGE,
                      "%s only asks: no header or field can name another method or path",
                      e->kind->name);
    seen_check(L, e);
    seen_needs(e, "metrics", NULL, value_get_text(e->args, "url"));
    connection_needs(e, value_get_text(e->args, "url"));
    const char *query = value_get_text(e->args, "query");
    if (summary == NULL && *query == '\0')
        failure_raise(L, FAILURE_USAGE, "%s wants a PromQL query", q->kind.name);
    if (q->post)
        http_header_add(e, "Content-Type", "application/x-www-form-urlencoded");
    if (e->summary == NULL)
        e->summary = summary ? summary
                             : arena_printf(&e->arena, "query %s",
                                            quote(run_of(L), &e->arena, query, strlen(query),
                                                  CLIP_LINE, SUMMARY_BYTES));
    return e;
}

// metrics.query { url =, query =, at = seconds since 1970, connection options }. Effect: a read.
// Returns { series = [ { labels, value, at } ], warnings } with figures as text.
static int metrics_query(lua_State *L)
{
    struct effect *e = ask(L, &query_question, &metrics_query_args, NULL);
    moment_read(L, e, "at", "time", false);
    return door_pass(L, e);
}

// metrics.range { url =, query =, start =, stop =, step = "30s", ... }. Effect: a read. Returns
// { series = [ { labels, points = [ { at, value } ] } ], warnings }.
static int metrics_range(lua_State *L)
{
    struct effect *e = ask(L, &range_question, &metrics_range_args, NULL);
    int64_t step = args_ms(L, e, "step", 0);
    moment_read(L, e, "start", "start", true);
    moment_read(L, e, "stop", "end", true);
    if (step <= 0)
        failure_raise(L, FAILURE_USAGE,
                      "metrics.range wants a step between points, such as \"30s\"");
    value_set(&e->arena, e->args, "step", value_printf(&e->arena, "%.3f", (double)step / 1000));
    return door_pass(L, e);
}

// metrics.rules { url =, ... }. Effect: a read. Returns the list of rules.
static int metrics_rules(lua_State *L)
{
    return door_pass(L, ask(L, &rules_question, &metrics_args, "list the rules"));
}

// Checks the matchers of alerts and adds them to the summary, unless the author gave one.
static void filter_read(lua_State *L, struct effect *e, bool labelled)
{
    struct value *filter = value_get(e->args, "filter"), *list = value_array(&e->arena);
    if (filter && filter->type == VALUE_STRING)
        value_push(&e->arena, list, filter);
    else if (filter && (filter->type != VALUE_OBJECT || value_count(filter)))
        list = filter; // {} alone may be either
    bool fits = list->type == VALUE_ARRAY;
    for (size_t i = 0; fits && i < value_count(list); i++) {
        fits = value_at(list, i)->type == VALUE_STRING;
        if (fits && !labelled)
            e->summary =
                arena_printf(&e->arena, "%s %s", e->summary, value_text(value_at(list, i)));
    }
    if (!fits)
        failure_raise(
            L, FAILURE_USAGE,
            "the filter of alerts must be a list of matchers: filter = { \"severity=page\" }");
    value_set(&e->arena, e->args, "filter", list);
}

// metrics.alerts { url =, filter = { "severity=page" }, silenced = false, ... }. Effect: a read.
// Returns the list of alerts; without the silenced ones when `silenced` is false.
static int metrics_alerts(lua_State *L)
{
    static const char summary[] = "list the alerts";
    struct effect *e = ask(L, &alerts_question, &metrics_alerts_args, summary);
    filter_read(L, e, e->summary != summary);
    return door_pass(L, e);
}

// metrics.ready { url =, ... }. Effect: a read. Returns { ready, text }, also when nobody answers.
static int metrics_ready(lua_State *L)
{
    return door_pass(L, ask(L, &ready_question, &metrics_args, "ask whether it is ready"));
}

int prim_metrics(lua_State *L)
{
    static const luaL_Reg functions[] = {{"query", metrics_query}, {"range", metrics_range},
                                         {"rules", metrics_rules}, {"alerts", metrics_alerts},
                                         {"ready", metrics_ready}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
