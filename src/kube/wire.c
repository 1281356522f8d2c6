#include "kube/wire.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/duration.h"
#include "base/json.h"
#include "kube/entry.h"
#include "net/fetch.h"
#include "net/loop.h"

enum {
    RETRIES = 10,
    RETRY_MS = 500,
    TOKEN_AGE_MS = 60000,
    BODY_MAX = 64 * 1024 * 1024,
    EXCERPT = 160
};

struct kube_wire {
    struct loop *loop;
    struct fetcher *fetcher;
    const struct kube_config *config;
    struct arena token_memory;
    const char *token;     // last read from the token file; NULL: never, or refused since
    int64_t token_read_at; // on the steady clock
};

struct kube_exchange {
    struct kube_wire *wire;
    struct arena *arena;
    kube_answered *done;
    void *arg;
    struct fetch *fetch;
    struct timer *refused; // the answer is an error known before anything was sent
    struct error why;
    int64_t deadline; // on the steady clock
    int64_t pause_ms; // the longest pause that fetch may make next, without a Retry-After
};

struct kube_wire *kube_wire_new(struct loop *loop, struct fetcher *fetcher,
                                const struct kube_config *config)
{
    struct kube_wire *w = mem_alloc(sizeof *w);
    *w = (struct kube_wire){.loop = loop, .fetcher = fetcher, .config = config};
    return w;
}

void kube_wire_free(struct kube_wire *w)
{
    arena_free(&w->token_memory);
    free(w);
}

// The token of the file, read again once a minute; while that fails, the last one stays good.
static bool token_refresh(struct kube_wire *w, struct error *err)
{
    struct arena fresh = {0};
    size_t len;
    char *text = kube_file_text(&fresh, w->config->token_file, &len, err);
    if (text) {
        char *from = text + strspn(text, " \t\r\n");
        char *end = from + strlen(from);
        while (end > from && strchr(" \t\r\n", end[-1]))
            *--end = '\0';
        text = from;
    }
    if (text && *text == '\0')
        error_set(err, "the token file %s is empty", w->config->token_file);
    if (text == NULL || *text == '\0') {
        arena_free(&fresh);
        return w->token != NULL;
    }
    arena_free(&w->token_memory);
    w->token_memory = fresh;
    w->token = text;
    w->token_read_at = clock_steady();
    return true;
}

// Writes the Authorization line, NULL when we have no such credentials.
static bool authorization(struct kube_wire *w, struct arena *a, const char **line,
                          struct error *err)
{
    const struct kube_config *c = w->config;
    const char *token = c->token;
    *line = NULL;
    if (c->token_file) {
        bool current = w->token && clock_steady() - w->token_read_at < TOKEN_AGE_MS;
        if (current || token_refresh(w, err))
            token = w->token;
        else if (token == NULL)
            return false;
    }
    if (token) {
        *line = arena_printf(a, "Authorization: Bearer %s", token);
    } else if (c->username || c->password) {
        const char *pair = arena_printf(a, "%s:%s", c->username ? c->username : "",
                                        c->password ? c->password : "");
        *line = arena_printf(a, "Authorization: Basic %s", base64_encode(a, pair, strlen(pair)));
    }
    return true;
}

// client-go's rule for what may be tried again (facts: kubernetes.md, "On the wire").
static bool may_try_again(const struct fetch_request *r, const char *error, int status,
                          const char *headers, void *arg)
{
    struct kube_exchange *x = arg;
    int64_t left = x->deadline - clock_steady();
    char after[32];
    if (error) {
        x->pause_ms *= 2;
        return strcmp(r->method, "GET") == 0 && x->pause_ms < left &&
               (strstr(error, " broke ") || strstr(error, "closed the connection without"));
    }
    if (status != 429 && status / 100 != 5)
        return false;
    return fetch_header(headers, "retry-after", after, sizeof after) &&
           strtoll(after, NULL, 10) * 1000 < left;
}

static const char *excerpt(struct arena *a, const char *body, size_t len)
{
    size_t keep = len < EXCERPT ? len : EXCERPT;
    char *text = arena_copy(a, body, keep);
    for (size_t i = 0; i < keep; i++)
        if ((unsigned char)text[i] < ' ' || (unsigned char)text[i] > '~')
            text[i] = ' ';
    return text;
}

static void body_read(struct kube_exchange *x, const struct fetch_result *r,
                      struct kube_answer *out)
{
    struct error why;
    char type[200];
    if (fetch_header(r->headers, "content-type", type, sizeof type))
        out->type = arena_dup(x->arena, type);
    if (r->body_len)
        out->value = json_parse(x->arena, r->body, r->body_len, &why);
    else
        error_set(&why, "it is empty");
    if (out->value)
        return;
    out->text = excerpt(x->arena, r->body ? r->body : "", r->body_len);
    if (out->status / 100 == 2) {
        out->error = arena_printf(x->arena, "the answer with status %d is not JSON (%s): \"%s\"",
                                  out->status, why.text, out->text);
        out->sent = true;
    }
}

static void exchange_done(struct fetch *f, const struct fetch_result *r, void *arg)
{
    (void)f;
    struct kube_exchange *x = arg;
    struct kube_answer answer = {
        .status = r->status, .type = "", .text = "", .attempts = r->attempts};
    if (r->error) {
        answer.error = arena_dup(x->arena, r->error);
        answer.sent = r->sent;
        answer.status = 0;
    } else {
        body_read(x, r, &answer);
    }
    if (answer.status == 401)
        x->wire->token = NULL; // the next request reads the file again
    x->done(&answer, x->arg);
    free(x);
}

static void exchange_refused(void *arg)
{
    struct kube_exchange *x = arg;
    struct kube_answer answer = {.error = arena_dup(x->arena, x->why.text), .type = "", .text = ""};
    x->done(&answer, x->arg);
    free(x);
}

struct kube_exchange *kube_wire_start(struct kube_wire *w, struct arena *a,
                                      const struct kube_question *q, kube_answered *done, void *arg)
{
    const struct kube_config *c = w->config;
    struct kube_exchange *x = mem_alloc(sizeof *x);
    *x = (struct kube_exchange){.wire = w, .arena = a, .done = done, .arg = arg};
    x->deadline = clock_steady() + q->timeout_ms;
    x->pause_ms = RETRY_MS / 2;
    size_t count = 0, fixed = 4;
    for (const char *const *line = c->impersonate; line && *line; line++)
        fixed++;
    const char **headers = arena_alloc(a, (fixed + 1) * sizeof *headers);
    const char *auth;
    if (!authorization(w, a, &auth, &x->why)) {
        x->refused = timer_start(w->loop, 0, exchange_refused, x);
        return x;
    }
    headers[count++] = arena_printf(a, "Accept: %s", q->accept ? q->accept : "application/json");
    if (q->content_type)
        headers[count++] = arena_printf(a, "Content-Type: %s", q->content_type);
    if (auth)
        headers[count++] = auth;
    if (c->host_header)
        headers[count++] = c->host_header;
    for (const char *const *line = c->impersonate; line && *line; line++)
        headers[count++] = *line;
    struct fetch_request r = {
        .method = q->method,
        .url = arena_printf(a, "%s%s", c->base_url, q->path),
        .headers = headers,
        .body = q->body,
        .body_len = q->body_len,
        .timeout_ms = q->timeout_ms,
        .max_bytes = BODY_MAX,
        .insecure = c->insecure,
        .ca_pem = c->ca_pem,
        .cert_pem = c->cert_pem,
        .key_pem = c->key_pem,
        .proxy = c->proxy,
        .connect_to = c->connect_to,
        .retries = RETRIES,
        .retry_ms = RETRY_MS,
        .retry_max_ms = q->timeout_ms,
        .again = may_try_again,
        .again_arg = x,
    };
    x->fetch = fetch_start(w->fetcher, &r, exchange_done, x);
    return x;
}

void kube_exchange_cancel(struct kube_exchange *x)
{
    timer_stop(x->refused);
    if (x->fetch)
        fetch_cancel(x->fetch);
    free(x);
}
