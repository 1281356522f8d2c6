#include "kube/wire.h"

#include <stdlib.h>
#include <string.h>

#include "base/code.h"
#include "base/duration.h"
#include "base/json.h"
#include "kube/again.h"
#include "kube/warning.h"
#include "net/fetch.h"
#include "net/loop.h"

enum { BODY_MAX = 64 * 1024 * 1024, REFUSAL_MAX = 64 * 1024 };
enum { TEXT_MAX = 32 * 1024 };

struct kube_wire {
    struct loop *loop;
    struct fetcher *fetcher;
    const struct kube_config *config;
    struct kube_credentials *credentials;
    struct kube_warnings *warnings;
    bool known; // it has answered before
    bool wary;  // a request timed out: a pooled connection may be one that nobody answers any more
};

// An exchange logs in, asks, and after a 401 does both once more.
struct kube_exchange {
    struct kube_wire *wire;
    struct arena *arena;
    struct kube_question question; // its texts are in the arena
    kube_answered *done;
    void *arg;
    struct kube_login *login;
    struct fetch *fetch;
    unsigned identity;         // with which it asked
    struct kube_answer answer; // the 401, when it asks again
    struct kube_again again;
    struct timer *silence; // of a stream
    int64_t heard;         // when it last told something, on the steady clock
    struct buf refusal;    // the body of an answer to a stream that is no success
    bool endless;          // that is longer than REFUSAL_MAX
};

struct kube_wire *kube_wire_new(struct loop *loop, struct fetcher *fetcher,
                                const struct kube_config *config,
                                struct kube_credentials *credentials,
                                struct kube_warnings *warnings)
{
    struct kube_wire *w = mem_alloc(sizeof *w);
    *w = (struct kube_wire){.loop = loop,
                            .fetcher = fetcher,
                            .config = config,
                            .credentials = credentials,
                            .warnings = warnings};
    return w;
}

void kube_wire_free(struct kube_wire *w)
{
    free(w);
}

static void exchange_free(struct kube_exchange *x)
{
    timer_stop(x->silence);
    buf_free(&x->refusal);
    free(x);
}

static void exchange_end(struct kube_exchange *x, const struct kube_answer *answer)
{
    x->done(answer, x->arg);
    exchange_free(x);
}

// A body that is no JSON, as it came but for NULs. A secret in a part of it could not be known
// again, so that one that is too long to be kept is not shown at all.
static const char *text_of(struct arena *a, const char *body, size_t len)
{
    if (len > TEXT_MAX)
        return arena_printf(a, "(%zu bytes)", len);
    char *text = arena_copy(a, body, len);
    for (char *nul = text; (nul = memchr(nul, '\0', len - (size_t)(nul - text)));)
        *nul = ' ';
    return text;
}

static void body_read(struct kube_exchange *x, const struct fetch_result *r, const char *body,
                      size_t len, struct kube_answer *out)
{
    error_local(why);
    const char *type = fetch_header_text(r->headers, "content-type", x->arena);
    if (type)
        out->type = type;
    if (x->question.on_data && out->status / 100 == 2)
        return;
    if (len)
        out->value = json_parse(x->arena, body, len, &why);
    else
        error_set(&why, "it is empty");
    out->size = len;
    if (out->value)
        return;
    out->text = x->endless ? "(an endless text)" : text_of(x->arena, body, len);
    if (out->status / 100 == 2) {
        out->error = arena_printf(x->arena, "the answer with status %d is not JSON (%s): \"%s\"",
                                  out->status, error_text(&why), out->text);
        out->code = CODE_BAD_ANSWER;
        out->sent = true;
    }
}

static void login_done(const struct kube_identity *id, void *arg);

static void exchange_done(struct fetch *f, const struct fetch_result *r, void *arg)
{
    (void)f;
    struct kube_exchange *x = arg;
    struct kube_wire *w = x->wire;
    struct kube_answer answer = {
        .status = r->status, .type = "", .text = "", .attempts = r->attempts};
    answer.retry_after_ms = r->error ? -1 : fetch_retry_after(r->headers);
    bool stream = x->question.on_data != NULL;
    x->fetch = NULL;
    timer_stop(x->silence);
    x->silence = NULL;
    kube_warnings_read(w->warnings, r->headers);
    if (r->error) {
        answer.error = arena_dup(x->arena, r->error);
        answer.code = r->code;
        answer.sent = r->sent;
        answer.status = 0;
        w->wary = w->wary || strcmp(r->code, CODE_TIMEOUT) == 0;
    } else {
        w->known = true;
        body_read(x, r,
                  stream    ? buf_text(&x->refusal)
                  : r->body ? r->body
                            : "",
                  stream ? x->refusal.len : r->body_len, &answer);
    }
    bool certificate = answer.error && strcmp(answer.code, CODE_TLS_CLIENT) == 0;
    if (answer.status == 401 || certificate)
        kube_credentials_refused(w->credentials, x->identity);
    bool again = answer.status == 401 && strcmp(x->question.method, "GET") == 0;
    if (again && x->answer.status == 0) {
        x->answer = answer;
        x->login = kube_login_start(w->credentials, login_done, x);
    } else {
        exchange_end(x, &answer);
    }
}

static void on_silence(void *arg)
{
    struct kube_exchange *x = arg;
    int64_t left = x->heard + x->question.idle_ms - clock_steady();
    if (left > 0) {
        x->silence = timer_start(x->wire->loop, left, on_silence, x);
        return;
    }
    char limit[32];
    duration_format(x->question.idle_ms, limit, sizeof limit);
    struct kube_answer answer = {.type = "", .text = "", .sent = true, .attempts = 1};
    answer.code = CODE_TIMEOUT;
    answer.retry_after_ms = -1;
    answer.error = arena_printf(x->arena, "nothing came for %s", limit);
    x->silence = NULL;
    fetch_cancel(x->fetch);
    exchange_end(x, &answer);
}

static bool exchange_told(const char *bytes, size_t len, void *arg)
{
    struct kube_exchange *x = arg;
    x->heard = clock_steady();
    if (fetch_status(x->fetch) / 100 == 2)
        return x->question.on_data(bytes, len, x->arg);
    x->endless = !buf_add(&x->refusal, bytes, len);
    return !x->endless;
}

static const char *const *header_lines(struct kube_exchange *x, const char *authorization)
{
    const struct kube_config *c = x->wire->config;
    const struct kube_question *q = &x->question;
    size_t count = 0, fixed = 4;
    for (const char *const *line = c->impersonate; line && *line; line++)
        fixed++;
    const char **headers = arena_alloc(x->arena, (fixed + 1) * sizeof *headers);
    headers[count++] =
        arena_printf(x->arena, "Accept: %s", q->accept ? q->accept : "application/json");
    if (q->content_type)
        headers[count++] = arena_printf(x->arena, "Content-Type: %s", q->content_type);
    if (authorization)
        headers[count++] = authorization;
    if (c->host_header)
        headers[count++] = c->host_header;
    for (const char *const *line = c->impersonate; line && *line; line++)
        headers[count++] = *line;
    return headers;
}

static void exchange_ask(struct kube_exchange *x, const struct kube_identity *id)
{
    struct kube_wire *w = x->wire;
    const struct kube_config *c = w->config;
    const struct kube_question *q = &x->question;
    x->identity = id->number;
    x->again = (struct kube_again){.reads = q->reads || strcmp(q->method, "GET") == 0,
                                   .brisk = q->brisk,
                                   .known = &w->known,
                                   .deadline = clock_steady() + q->timeout_ms,
                                   .pause_ms = KUBE_RETRY_MS / 2};
    struct fetch_request r = {
        .method = q->method,
        .url = arena_printf(x->arena, "%s%s", c->base_url, q->path),
        .headers = header_lines(x, id->authorization),
        .body = q->body,
        .body_len = q->body_len,
        .timeout_ms = q->timeout_ms,
        .max_bytes = q->on_data ? 0 : BODY_MAX,
        .insecure = c->insecure,
        .ca_pem = c->ca_pem,
        .cert_pem = id->cert_pem,
        .key_pem = id->key_pem,
        .proxy = c->proxy,
        .connect_to = c->connect_to,
        .alone = q->on_data || w->wary,
        .repeatable = q->repeatable,
        .retries = q->on_data ? 0 : KUBE_RETRIES,
        .retry_ms = KUBE_RETRY_MS,
        .retry_max_ms = q->timeout_ms,
        .again = kube_again,
        .again_arg = &x->again,
        .on_data = q->on_data ? exchange_told : NULL,
        .data_arg = x,
    };
    x->fetch = fetch_start(w->fetcher, &r, exchange_done, x);
    if (q->on_data && q->idle_ms) {
        x->heard = clock_steady();
        x->silence = timer_start(w->loop, q->idle_ms, on_silence, x);
    }
}

static void login_done(const struct kube_identity *id, void *arg)
{
    struct kube_exchange *x = arg;
    bool refused = x->answer.status == 401;
    x->login = NULL;
    if (id->error) {
        struct kube_answer answer = {
            .code = CODE_CREDENTIALS, .type = "", .text = "", .stranger = true};
        answer.retry_after_ms = -1;
        answer.error = arena_dup(x->arena, id->error);
        exchange_end(x, &answer);
    } else if (refused && id->number == x->identity) {
        exchange_end(x, &x->answer); // they are all we have
    } else {
        buf_clear(&x->refusal);
        exchange_ask(x, id);
    }
}

struct kube_exchange *kube_wire_start(struct kube_wire *w, struct arena *a,
                                      const struct kube_question *q, kube_answered *done, void *arg)
{
    struct kube_exchange *x = mem_alloc(sizeof *x);
    *x = (struct kube_exchange){.wire = w, .arena = a, .question = *q, .done = done, .arg = arg};
    x->question.method = q->method ? q->method : "GET";
    x->question.path = arena_dup(a, q->path);
    x->question.body = q->body ? arena_copy(a, q->body, q->body_len) : NULL;
    x->refusal.max = REFUSAL_MAX;
    x->login = kube_login_start(w->credentials, login_done, x);
    return x;
}

void kube_exchange_cancel(struct kube_exchange *x)
{
    if (x->login)
        kube_login_cancel(x->login);
    if (x->fetch)
        fetch_cancel(x->fetch);
    exchange_free(x);
}

void kube_exchange_settle(struct kube_exchange *x)
{
    if (x->fetch)
        fetch_settle(x->fetch);
}
