// http: one request, one answer. http.get and its kin stand on http.request, in the prelude.
#include <lauxlib.h>
#include <string.h>
#include <strings.h>

#include "engine/credential.h"
#include "engine/door.h"
#include "engine/failure.h"
#include "engine/mode.h"
#include "engine/run.h"
#include "net/fetch.h"
#include "net/fetch_curl.h"
#include "net/fetch_url.h"
#include "prim/args.h"
#include "prim/connection.h"
#include "prim/header.h"
#include "prim/http_answer.h"
#include "prim/http_body.h"
#include "prim/http_file.h"
#include "prim/http_method.h"
#include "prim/http_plan.h"
#include "prim/http_wire.h"
#include "prim/override.h"
#include "prim/prims.h"
#include "prim/seen.h"

static void http_done(struct fetch *fetch, const struct fetch_result *r, void *arg)
{
    struct effect *e = arg;
    (void)fetch;
    e->work = NULL;
    http_answered(e, r);
    effect_end(e);
}

static void http_perform(struct effect *e)
{
    struct fetch_request request = http_wire(e);
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

static void http_needs(struct effect *e, const char *method, const char *url)
{
    seen_needs(e, "http", method, url);
    connection_needs(e, url);
}

static const struct effect_kind http_kind = {.name = "http.request",
                                             .fetches = true,
                                             .expects = true,
                                             .perform = http_perform,
                                             .cancel = http_cancel,
                                             .settle = http_settle,
                                             .rehearse = http_file_rehearse,
                                             .amend = http_amend,
                                             .needs = http_needs,
                                             .stands = http_file_stands,
                                             .complete = http_answer_complete};

static void check_secret(lua_State *L, const struct value *paths)
{
    bool fits = paths == NULL || paths->type == VALUE_ARRAY;
    for (size_t i = 0; i < value_count(paths) && fits; i++)
        fits = value_at(paths, i)->type == VALUE_STRING;
    if (!fits)
        failure_raise(L, FAILURE_USAGE,
                      "http: secret lists fields of the JSON answer: secret = { \"data.key\" }");
}

static void check_url(lua_State *L, struct effect *e, const char *text)
{
    error_local(err);
    struct url url;
    credential_of_url(run_of(L), text);
    if (text == NULL)
        failure_raise(L, FAILURE_USAGE, "http wants a url: http.get(\"https://...\")");
    if (strncasecmp(text, "http://", 7) != 0 && strncasecmp(text, "https://", 8) != 0)
        failure_raise(L, FAILURE_USAGE, "'%s' is not an http or https URL", text);
    if (!curl_open(&err))
        failure_raise_error(L, FAILURE_EFFECT, "nothing was sent", &err);
    if (!url_parse(&url, &e->arena, text, &err))
        failure_raise_error(L, FAILURE_USAGE, "nothing was sent", &err);
}

// What the author says the answer will be, filled up to the shape of a real one.
static void complete_assumption(lua_State *L, struct effect *e)
{
    if (e->assume == NULL)
        return;
    e->assume = http_answer_complete(e, e->assume);
    if (e->assume == NULL)
        failure_raise(L, FAILURE_USAGE,
                      "assume must describe the answer: assume = { status = 200, json = { ... } }");
    e->answer = arena_printf(&e->arena, "%lld", (long long)value_get_int(e->assume, "status", 0));
}

// Is its URL the very object that it reads or changes?
static bool has_target(const struct effect *e, const char *method)
{
    if (e->access == ACCESS_READ)
        return strcmp(method, "GET") == 0;
    return strcmp(method, "PUT") == 0 || strcmp(method, "PATCH") == 0 ||
           strcmp(method, "DELETE") == 0;
}

// Is it a change by its body alone?
static bool is_bodied(const struct effect *e, const char *method)
{
    return e->access == ACCESS_WRITE && !e->local && http_method_is_safe(method);
}

// The line for people, where the author gave none.
static void summarize(struct effect *e, const char *method, const char *other)
{
    const char *url = value_get_text(e->args, "url"), *file = value_get_text(e->args, "to_file");
    bool bodied = is_bodied(e, method) && !other;
    if (e->summary)
        return;
    e->summary =
        arena_printf(&e->arena, "%s %s%s%s%s%s%s", method, url, other ? " as " : "",
                     other ? other : "", bodied ? " with a body" : "", *file ? " into " : "", file);
}

// What a plan says of a write that is not made.
static void foresee(struct effect *e, const char *method, const char *other)
{
    if (is_bodied(e, method) && !other)
        e->note = arena_printf(&e->arena,
                               "what a %s does with a body is not said anywhere; `reads = true` "
                               "says that it only asks",
                               method);
    http_file_foresee(e);
    if (e->assume)
        http_foresee(e);
}

const struct args http_args = {
    &connection_args,
    {
        {"url", ARG_TEXT,
         "http or https. A user and password in it go to its own scheme, host and port alone; "
         "it is "
         "shown as http://user:***@host, and the password is a secret"},
        {"method", ARG_TEXT,
         "default GET; a header X-HTTP-Method-Override and its kin, or a field `_method` in "
         "whatever "
         "coat (query, form, JSON, multipart), names another one, which counts as well; a body "
         "that is "
         "packed or in another charset may name any"},
        {"query", ARG_TABLE, "fields, nested as Stripe and PHP write it: a[b][0]=x"},
        {"form", ARG_TABLE, "the body as such fields"},
        {"json", ARG_ANY, "the body as plain data"},
        {"body", ARG_BLOB, "the body; a request has one of form, json and body"},
        {"reads", ARG_FLAG,
         "true: this only asks although it is a POST or brings a body, so it is made in a plan "
         "too; "
         "never a PUT, PATCH or DELETE"},
        {"redirects", ARG_WHOLE,
         "how many to follow (default 0); credentials never follow to another host"},
        {"max_bytes", ARG_SIZE, "of the answer's body (default 16 MB without to_file)"},
        {"to_file", ARG_TEXT,
         "path of the file that the body of a 2xx answer becomes, at its end and as a whole; "
         "else an "
         "older one stays. A plan tells whether there is one. It may be made again: a resumed "
         "step "
         "does when the file is gone"},
        {"idempotency_key", ARG_TEXT,
         "sent as Idempotency-Key; the request may then be made again by `retries`"},
        {"repeatable", ARG_FLAG, "true: it may be made again although it is a POST or PATCH"},
        {"probe", ARG_FUNCTION,
         "looks whether a request in doubt has taken effect: true, false (twice, two seconds "
         "apart: it "
         "is then sent again), or nil when it cannot tell. In place of true it may give what "
         "was "
         "answered, as `assume` has it. It is asked at once, and by `resume` before anything "
         "else"},
        {"sensitive", ARG_FLAG, "true: the answer holds a secret, so the journal does not keep it"},
        {"secret", ARG_LIST,
         "fields of the JSON answer, as \"data.key\": their values are masked from then on, "
         "wherever "
         "they would be shown or recorded"},
    }};

// http.request { url = "https://...", method = "POST", json = { ... }, ... }
// One request. Effect: a read for GET, HEAD and OPTIONS without a body and where `reads` says so,
// else a write; also a write, to this machine, with `to_file`. Any HTTP status is an answer; raises
// an effect failure when none arrived. Options, beside those of every connection:
//   [http_args]
// Fields of the answer:
//   status, ok       the number, and whether it is 2xx
//   headers          { name = text }, names in lower case, equal ones joined by ", "
//   body             text
//   url              the last one, after redirects
//   ip, port         the peer
//   timings          { dns, connect, tls, first_byte, total }, in seconds since the start
//   http_version, redirects, attempts, bytes
//                    whole numbers; HTTP/1.1 is 11
//   probed           true where the answer is what its probe gave; `ok` and `expect` then pass.
//                    They pass, and nothing else of the answer is known, where it said true and
//                    there is no `assume`
static int http_request(lua_State *L)
{
    lua_settop(L, 1);
    struct effect *e = effect_new(L, &http_kind, ACCESS_READ);
    struct arena *a = &e->arena;
    args_read(L, 1, e, "http.request", &http_args);
    check_secret(L, value_get(e->args, "secret"));
    check_url(L, e, args_text(L, e, "url"));
    connection_read(L, e);
    http_body_read(L, e);
    const char *url = value_get_text(e->args, "url");
    seen_check(L, e);
    const struct value *others = override_methods(e, url);
    const char *method = http_method_read(L, e, others);
    const char *other = value_count(others) ? value_text(value_at(others, 0)) : NULL;
    args_int(L, e, "redirects", 0, 0, 50);
    http_file_read(L, e);
    const char *key = args_text(L, e, "idempotency_key");
    if (key)
        http_header_add(e, "Idempotency-Key", key);
    header_check(L, e); // once more, for that one
    bool asks = e->access == ACCESS_READ || e->local;
    if (key || args_bool(L, e, "repeatable", asks))
        value_set(a, e->args, "repeatable", value_bool(a, true));
    e->repeatable = e->local || value_get_bool(e->args, "repeatable", false) ||
                    (!other && strcmp(method, "PUT") == 0);
    e->sensitive = args_bool(L, e, "sensitive", false);
    value_remove(e->args, "sensitive");
    int64_t cap = args_bytes(L, e, "max_bytes", 0);
    if (cap)
        value_set(a, e->args, "max_bytes", value_int(a, cap));
    summarize(e, method, other);
    e->system = connection_system(e, url);
    http_needs(e, method, url);
    e->target = !other && has_target(e, method) ? url : NULL;
    if (e->access == ACCESS_WRITE) {
        e->diff = http_body_diff(run_of(L), e);
        http_details(run_of(L), e);
    }
    if (value_get(e->args, "json") || value_get(e->args, "form"))
        e->aside = "body"; // it says the same
    complete_assumption(L, e);
    if (e->access == ACCESS_WRITE && run_of(L)->mode->rehearsal)
        foresee(e, method, other);
    return door_pass(L, e);
}

int prim_http(lua_State *L)
{
    static const luaL_Reg functions[] = {{"request", http_request}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
