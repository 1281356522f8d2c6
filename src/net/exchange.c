#include "net/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/arena.h"

// The request belongs to its connection until the client hangs up; from then on the exchange has to
// free it: at once when the handler asked to be told, else when the answer comes, which nobody
// reads.
struct exchange {
    LIST_ENTRY(exchange) next;
    struct evhttp_request *req;
    void (*gone)(void *arg);
    void *gone_arg;
};

static void exchange_free(struct exchange *x)
{
    LIST_REMOVE(x, next);
    free(x);
}

static bool is_orphan(const struct exchange *x)
{
    return evhttp_request_get_connection(x->req) == NULL;
}

// Says goodbye as TLS asks for (RFC 8446, 6.1): without it a body that ends with the connection
// looks cut off to the client.
static void tls_farewell(struct evhttp_connection *c)
{
    SSL *ssl = bufferevent_openssl_get_ssl(evhttp_connection_get_bufferevent(c));
    if (ssl && SSL_is_init_finished(ssl)) {
        SSL_shutdown(ssl);
        ERR_clear_error();
    }
}

static void on_close_answered(struct evhttp_connection *c, void *arg)
{
    (void)arg;
    tls_farewell(c);
}

static void on_close_open(struct evhttp_connection *c, void *arg)
{
    struct exchange *x = arg;
    tls_farewell(c);
    if (!x->gone)
        return;
    if (is_orphan(x))
        evhttp_request_free(x->req);
    void (*gone)(void *) = x->gone;
    void *gone_arg = x->gone_arg;
    exchange_free(x);
    gone(gone_arg);
}

// evhttp does not listen for a hang-up while a request is being answered. Reading goes on here
// without a callback, so that the bytes of a next request stay where evhttp will look for them.
static void watch_hangup(struct bufferevent *bev)
{
    bufferevent_data_cb on_write;
    bufferevent_event_cb on_event;
    void *arg;
    bufferevent_getcb(bev, NULL, &on_write, &on_event, &arg);
    bufferevent_setcb(bev, NULL, on_write, on_event, arg);
    bufferevent_enable(bev, EV_READ);
}

struct exchange *exchange_open(struct exchange_list *list, struct evhttp_request *req)
{
    struct exchange *x = mem_alloc(sizeof *x);
    x->req = req;
    LIST_INSERT_HEAD(list, x, next);
    struct evhttp_connection *c = evhttp_request_get_connection(req);
    evhttp_connection_set_closecb(c, on_close_open, x);
    watch_hangup(evhttp_connection_get_bufferevent(c));
    // evhttp reads no body after HEAD and TRACE and would take one for the next request.
    if ((req->type == EVHTTP_REQ_HEAD || req->type == EVHTTP_REQ_TRACE) &&
        (exchange_header(x, "Content-Length") || exchange_header(x, "Transfer-Encoding")))
        exchange_set_header(x, "Connection", "close");
    return x;
}

void exchange_drop_orphans(struct exchange_list *list)
{
    for (struct exchange *x = LIST_FIRST(list), *next; x; x = next) {
        next = LIST_NEXT(x, next);
        if (is_orphan(x)) {
            evhttp_request_free(x->req);
            exchange_free(x);
        }
    }
}

void exchange_drop_all(struct exchange_list *list)
{
    for (struct exchange *x = LIST_FIRST(list), *next; x; x = next) {
        next = LIST_NEXT(x, next);
        exchange_free(x);
    }
}

const char *exchange_method(const struct exchange *x)
{
    switch (x->req->type) {
    case EVHTTP_REQ_GET:
        return "GET";
    case EVHTTP_REQ_POST:
        return "POST";
    case EVHTTP_REQ_HEAD:
        return "HEAD";
    case EVHTTP_REQ_PUT:
        return "PUT";
    case EVHTTP_REQ_DELETE:
        return "DELETE";
    case EVHTTP_REQ_OPTIONS:
        return "OPTIONS";
    case EVHTTP_REQ_TRACE:
        return "TRACE";
    default: // serve.c lets no other in
        return "PATCH";
    }
}

const char *exchange_target(const struct exchange *x)
{
    const char *uri = evhttp_request_get_uri(x->req);
    const char *scheme_end = *uri == '/' ? NULL : strstr(uri, "://");
    if (!scheme_end)
        return uri;
    const char *path = strchr(scheme_end + 3, '/'); // the absolute form, as proxies are asked
    return path ? path : "/";
}

const char *exchange_header(const struct exchange *x, const char *name)
{
    return evhttp_find_header(x->req->input_headers, name);
}

void exchange_headers(const struct exchange *x,
                      void (*fn)(const char *name, const char *value, void *), void *arg)
{
    for (struct evkeyval *h = x->req->input_headers->tqh_first; h; h = h->next.tqe_next)
        fn(h->key, h->value, arg);
}

const char *exchange_body(const struct exchange *x, size_t *len)
{
    *len = evbuffer_get_length(x->req->input_buffer);
    return *len ? (const char *)evbuffer_pullup(x->req->input_buffer, -1) : "";
}

const char *exchange_peer(const struct exchange *x)
{
    return x->req->remote_host;
}

void exchange_set_header(struct exchange *x, const char *name, const char *value)
{
    while (evhttp_remove_header(x->req->output_headers, name) == 0)
        ;
    evhttp_add_header(x->req->output_headers, name, value);
}

// The phrases libevent lacks; NULL for those it has.
static const char *phrase_of(int status)
{
    switch (status) {
    case 307:
        return "Temporary Redirect";
    case 308:
        return "Permanent Redirect";
    case 422:
        return "Unprocessable Content";
    case 428:
        return "Precondition Required";
    case 429:
        return "Too Many Requests";
    default:
        return NULL;
    }
}

static bool status_has_body(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

// From here on evhttp alone looks after the connection. An orphan has none.
static struct evhttp_request *exchange_release(struct exchange *x)
{
    struct evhttp_request *req = x->req;
    if (!is_orphan(x))
        evhttp_connection_set_closecb(evhttp_request_get_connection(req), on_close_answered, NULL);
    exchange_free(x);
    return req;
}

void exchange_reply(struct exchange *x, int status, const char *body, size_t len)
{
    if (!status_has_body(status)) {
        len = 0;
    } else if (x->req->type == EVHTTP_REQ_HEAD) { // the length that a GET would have
        char length[24];
        snprintf(length, sizeof length, "%zu", len);
        if (!evhttp_find_header(x->req->output_headers, "Content-Length"))
            exchange_set_header(x, "Content-Length", length);
        len = 0;
    }
    evbuffer_add(x->req->output_buffer, body, len);
    evhttp_send_reply(exchange_release(x), status, phrase_of(status), NULL);
}

void exchange_begin(struct exchange *x, int status)
{
    if (x->req->minor == 0 && !evhttp_find_header(x->req->output_headers, "Content-Length")) {
        // HTTP/1.0 has no chunks: the body ends with the connection, whatever the client asked.
        evhttp_remove_header(x->req->input_headers, "Connection");
        exchange_set_header(x, "Connection", "close");
    }
    evhttp_send_reply_start(x->req, status, phrase_of(status));
}

void exchange_chunk(struct exchange *x, const char *bytes, size_t len)
{
    struct evbuffer *piece = evbuffer_new();
    evbuffer_add(piece, bytes, len);
    evhttp_send_reply_chunk(x->req, piece);
    evbuffer_free(piece);
}

void exchange_end(struct exchange *x)
{
    evhttp_send_reply_end(exchange_release(x));
}

void exchange_on_gone(struct exchange *x, void (*fn)(void *arg), void *arg)
{
    x->gone = fn;
    x->gone_arg = arg;
}

void exchange_abort(struct exchange *x)
{
    struct evhttp_connection *c = evhttp_request_get_connection(x->req);
    if (c) {
        evhttp_connection_set_closecb(c, NULL, NULL);
        evhttp_connection_free(c);
    } else {
        evhttp_request_free(x->req);
    }
    exchange_free(x);
}
