// A call: from what is wanted of an object to the server's answer, in a few questions.
#include <stdlib.h>
#include <string.h>

#include "base/code.h"
#include "base/duration.h"
#include "kube/body.h"
#include "kube/listing.h"
#include "kube/parts.h"
#include "kube/refusal.h"
#include "kube/request.h"
#include "net/loop.h"

enum { LIST_MAX_MB = 128, STREAM_GRACE_MS = 5000 };

// A call is at one of four places: its end is `scheduled`, or it logs in, which takes none of its
// time, or it resolves the type, or it asks.
struct kube_call {
    struct kube *kube;
    struct kube_call *next, **link;
    struct arena *arena;
    kube_done *done;
    void *arg;
    struct kube_request request;
    struct kube_resource resource;
    bool resolved, refreshed; // refreshed: the type was asked for anew, after a 404
    bool hurried;             // less than half of the time was left for the present request
    int64_t deadline;         // on the steady clock
    struct kube_listing list;
    size_t list_size; // of its answers, in bytes

    struct timer *scheduled, *alarm;
    struct kube_login *login;
    struct kube_resolve *resolve;
    struct kube_exchange *exchange;
    struct kube_result result;
};

static void call_free(struct kube_call *c)
{
    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
    timer_stop(c->alarm);
    free(c);
}

// Frees the call first: its callback may close the client.
static void call_end(struct kube_call *c)
{
    struct kube_result result = c->result;
    kube_done *done = c->done;
    void *arg = c->arg;
    call_free(c);
    if (result.error)
        result.value = NULL;
    done(&result, arg);
}

static void call_scheduled(void *arg)
{
    call_end(arg);
}

static void call_explain(struct kube_call *c, const struct kube_answer *answer)
{
    const struct kube_request *q = &c->request;
    bool scoped = c->resolved && c->resource.namespaced && !q->all_namespaces;
    struct kube_attempt attempt = {
        .tried = c->result.tried,
        .verb = kube_request_verb(q),
        .resource = c->resolved ? &c->resource : NULL,
        .subresource = q->subresource,
        .namespace = scoped ? q->namespace : NULL,
        .write = c->resolved && kube_request_writes(q),
        .patch_strategic = q->verb == KUBE_PATCH && q->patch_type == KUBE_PATCH_STRATEGIC,
        .apply = q->verb == KUBE_APPLY,
    };
    kube_refusal_explain(c->arena, c->kube->config, &attempt, answer, &c->result);
}

static void call_resolve(struct kube_call *c, enum kube_resolve_how);
static void call_answered(const struct kube_answer *answer, void *arg);

// Ends the call because its time is up.
static void call_too_late(struct kube_call *c)
{
    bool typeless = !kube_request_has_type(&c->request);
    const char *doing = !c->resolved && !typeless ? "asking for the resource types of"
                        : c->list.whole           ? "reading a long list from"
                                                  : "asking";
    c->result.code = CODE_TIMEOUT;
    c->result.error =
        kube_refusal_late(c->arena, c->kube->config, c->result.tried, c->request.timeout_ms, doing);
    call_end(c);
}

static bool call_told(const char *bytes, size_t len, void *arg)
{
    struct kube_call *c = arg;
    return c->request.on_data(bytes, len, c->arg);
}

static void call_too_large(struct kube_call *c)
{
    c->result.code = CODE_TOO_LARGE;
    c->result.error = arena_printf(c->arena,
                                   "%s: the list has more than %d MB. Ask for less of it, with a "
                                   "selector or one namespace at a time",
                                   c->result.tried, LIST_MAX_MB);
    call_end(c);
}

static void call_ask(struct kube_call *c)
{
    struct buf path = {0}, body = {0};
    bool list = c->request.verb == KUBE_LIST, stream = c->request.on_data != NULL;
    const struct kube_resource *r = c->resolved ? &c->resource : NULL;
    struct kube_question q = {.method = kube_request_method(&c->request),
                              .timeout_ms = c->deadline - clock_steady(),
                              .reads = !kube_request_writes(&c->request),
                              .repeatable = c->request.repeatable,
                              .on_data = stream ? call_told : NULL,
                              .idle_ms = c->request.idle_ms};
    if (q.timeout_ms <= 0) {
        call_too_late(c);
        return;
    }
    c->hurried = q.timeout_ms < c->request.timeout_ms / 2;
    if (stream) // a server that keeps to its own timeout ends it well before
        q.timeout_ms += STREAM_GRACE_MS;
    kube_request_path(&path, &c->request, r, list ? c->list.limit : 0, list ? c->list.next : NULL);
    kube_body_write(c->arena, &body, &c->request, r, &q.content_type);
    q.path = path.data;
    q.body = body.data;
    q.body_len = body.len;
    c->exchange = kube_wire_start(c->kube->wire, c->arena, &q, call_answered, c);
    buf_free(&path);
    buf_free(&body);
}

// A 404 either names what is not there, or the type itself is gone, though we believed it was
// there.
static bool names_object(const struct kube_answer *answer)
{
    return *value_text(value_path(answer->value, "details.name")) != '\0';
}

static void call_answered(const struct kube_answer *answer, void *arg)
{
    struct kube_call *c = arg;
    c->exchange = NULL;
    bool good = !answer->error && answer->status / 100 == 2;
    c->result.status = answer->status;
    c->result.attempts = answer->attempts;
    c->result.value = (struct value *)answer->value;
    c->result.missing = answer->status == 404 && names_object(answer);
    bool late = answer->error && c->hurried && clock_steady() >= c->deadline;
    bool list = c->request.verb == KUBE_LIST;
    c->list_size += answer->size;
    if (late && !kube_request_writes(&c->request)) {
        call_too_late(c); // "timed out after 3ms" would tell nothing
    } else if (list && c->list_size >> 20 >= LIST_MAX_MB) {
        call_too_large(c);
    } else if (answer->status == 404 && c->resolved && !names_object(answer) && !c->refreshed) {
        c->refreshed = true;
        call_resolve(c, KUBE_RESOLVE_FRESH);
    } else if (list && kube_listing_goes_on(c->arena, &c->list, answer)) {
        call_ask(c);
    } else {
        if (!good)
            call_explain(c, answer);
        else if (list)
            c->result.value = c->list.whole;
        call_end(c);
    }
}

static void call_unknown(struct kube_call *c, const char *missing)
{
    c->result.status = 0; // of a 404 that made us ask
    c->result.typeless = *missing == '\0';
    c->result.code = c->result.typeless ? CODE_NO_TYPE : CODE_NO_ANSWER;
    c->result.error = kube_refusal_unknown(c->arena, c->kube->config, c->result.tried,
                                           c->request.resource, missing);
}

// The type is known.
static void call_found(struct kube_call *c, const struct kube_resource *type)
{
    error_local(why);
    c->resource = *type;
    c->resolved = true;
    c->result.tried = kube_request_tried(c->arena, &c->request, &c->resource);
    if (c->request.verb == KUBE_IDENTIFY) {
        c->result.type = type;
        call_end(c);
    } else if (c->request.may && !c->request.may(c->request.may_arg, type, &why)) {
        c->result.code = CODE_FORBIDDEN;
        c->result.error =
            arena_printf(c->arena, "%s is not permitted; %s", c->result.tried, error_text(&why));
        call_end(c);
    } else {
        call_ask(c);
    }
}

static void call_resolved(const struct kube_resolved *end, void *arg)
{
    struct kube_call *c = arg;
    c->resolve = NULL;
    timer_stop(c->alarm);
    c->alarm = NULL;
    if (end->table && c->request.verb == KUBE_TYPES) {
        c->result.value = kube_discovery_list(c->arena, end->table);
        call_end(c);
        return;
    }
    if (end->found) {
        call_found(c, end->found);
        return;
    }
    if (end->failure)
        call_explain(c, end->failure);
    else
        call_unknown(c, end->missing);
    call_end(c);
}

static void call_alarmed(void *arg)
{
    struct kube_call *c = arg;
    c->alarm = NULL;
    kube_resolve_cancel(c->resolve);
    c->resolve = NULL;
    call_too_late(c);
}

static void call_resolve(struct kube_call *c, enum kube_resolve_how how)
{
    int64_t left = c->deadline - clock_steady();
    left = left > 0 ? left : 1;
    c->resolved = false;
    c->alarm = timer_start(c->kube->loop, left, call_alarmed, c);
    bool all = c->request.verb == KUBE_TYPES;
    c->resolve = kube_resolve_start(c->kube->resolver, c->arena, all ? NULL : c->request.resource,
                                    how, left, call_resolved, c);
}

static void call_logged_in(const struct kube_identity *id, void *arg)
{
    struct kube_call *c = arg;
    c->login = NULL;
    if (id->error) {
        struct kube_answer answer = {
            .error = id->error, .code = CODE_CREDENTIALS, .stranger = true, .text = ""};
        answer.retry_after_ms = -1;
        call_explain(c, &answer);
        call_end(c);
        return;
    }
    c->deadline = clock_steady() + c->request.timeout_ms;
    if (kube_request_has_type(&c->request) || c->request.verb == KUBE_TYPES)
        call_resolve(c, c->request.verb == KUBE_IDENTIFY ? KUBE_RESOLVE_WHOLE : KUBE_RESOLVE_QUICK);
    else
        call_ask(c);
}

struct kube_call *kube_call_start(struct kube *k, const struct kube_request *request,
                                  struct arena *a, kube_done *done, void *arg)
{
    struct kube_call *c = mem_alloc(sizeof *c);
    *c = (struct kube_call){.kube = k, .arena = a, .done = done, .arg = arg, .request = *request};
    c->next = k->calls;
    c->link = &k->calls;
    if (c->next)
        c->next->link = &c->next;
    k->calls = c;
    error_local(why);
    bool good = kube_request_complete(a, &c->request, k->config, &why);
    c->result = (struct kube_result){.reason = "", .causes = value_array(a), .retry_after_ms = -1};
    c->result.tried = kube_request_tried(a, &c->request, NULL);
    if (good) {
        c->list.limit = c->request.limit;
        c->login = kube_login_start(k->credentials, call_logged_in, c);
    } else {
        c->result.code = CODE_USAGE;
        c->result.error = arena_printf(a, "%s: %s", c->result.tried, error_text(&why));
        c->scheduled = timer_start(k->loop, 0, call_scheduled, c);
    }
    return c;
}

void kube_call_cancel(struct kube_call *c)
{
    timer_stop(c->scheduled);
    if (c->login)
        kube_login_cancel(c->login);
    if (c->resolve)
        kube_resolve_cancel(c->resolve);
    if (c->exchange)
        kube_exchange_cancel(c->exchange);
    call_free(c);
}

void kube_call_settle(struct kube_call *c)
{
    if (c->exchange)
        kube_exchange_settle(c->exchange);
}

void kube_calls_cancel(struct kube *k)
{
    for (struct kube_call *c = k->calls, *next; c; c = next) {
        next = c->next;
        kube_call_cancel(c);
    }
}
