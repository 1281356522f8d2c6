#include "net/handshake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/code.h"
#include "base/duration.h"
#include "net/dial.h"
#include "net/loop.h"
#include "net/staple.h"
#include "net/tls_client.h"
#include "net/turn.h"
#include "net/verdict.h"

enum { HTTPS_PORT = 443, DEFAULT_TIMEOUT_MS = 10000 };

// However many are asked for at once, so many have a socket.
static struct gate connections = {.room = 256};

struct handshake {
    struct loop *loop;
    struct arena *arena;
    handshake_done *done;
    void *arg;

    const char *host, *target, *sni; // sni: NULL for none
    int port;
    enum starttls_protocol starttls;
    const char *ca_file, *ca_pem;
    int64_t timeout_ms, at;
    struct guard guard;
    const char *refused; // what was wrong with the request itself

    struct turn *turn;
    struct trust trust;
    struct timer *timer;
    struct dial *dial;
    struct dialed peer;
    const char *where; // host, address and port, for messages
    struct starttls *talk;
    struct timespec connected;
    SSL *ssl;
    struct event *io;
};

void handshake_cancel(struct handshake *h)
{
    if (!h)
        return;
    timer_stop(h->timer);
    dial_cancel(h->dial);
    starttls_cancel(h->talk);
    if (h->io)
        event_free(h->io);
    SSL_free(h->ssl);
    if (h->peer.fd >= 0)
        close(h->peer.fd);
    trust_close(&h->trust);
    turn_end(h->turn);
    free(h);
}

static void finish(struct handshake *h, struct value *found, const char *error, const char *code)
{
    handshake_done *done = h->done;
    void *arg = h->arg;
    const char *kept = arena_dup(h->arena, error);
    handshake_cancel(h);
    done(found, kept, code, arg);
}

static struct value *text_or_null(struct arena *a, const char *text)
{
    return text && *text ? value_string(a, text) : value_null(a);
}

static struct value *timings_value(const struct handshake *h)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double shaking = (double)(now.tv_sec - h->connected.tv_sec) +
                     (double)(now.tv_nsec - h->connected.tv_nsec) / 1e9;
    struct value *v = value_object(h->arena);
    value_set(h->arena, v, "dns", value_float(h->arena, h->peer.dns));
    value_set(h->arena, v, "connect", value_float(h->arena, h->peer.connect));
    value_set(h->arena, v, "tls", value_float(h->arena, h->peer.connect + shaking));
    return v;
}

static struct value *ocsp_value(const struct handshake *h, STACK_OF(X509) * served)
{
    const unsigned char *der;
    long len = SSL_get_tlsext_status_ocsp_resp(h->ssl, &der);
    return len > 0 ? staple_describe(h->arena, der, (size_t)len, served, h->at)
                   : value_null(h->arena);
}

static void judge(struct handshake *h)
{
    struct arena *a = h->arena;
    struct value *found = value_object(a);
    STACK_OF(X509) *served = SSL_get_peer_cert_chain(h->ssl);
    value_set(a, found, "host", value_string(a, h->host));
    value_set(a, found, "ip", value_string(a, h->peer.ip));
    value_set(a, found, "port", value_int(a, h->port));
    value_set(a, found, "sni", text_or_null(a, h->sni));
    tls_client_describe(a, found, h->ssl);
    value_set(a, found, "timings", timings_value(h));
    verdict_set(
        a, found,
        &(struct verdict_case){.served = served, .trust = &h->trust, .host = h->host, .at = h->at});
    value_set(a, found, "ocsp", ocsp_value(h, served));
    SSL_shutdown(h->ssl); // so that the server does not log a broken connection
    ERR_clear_error();
    finish(h, found, NULL, NULL);
}

static void fail(struct handshake *h, int system_error)
{
    finish(h, NULL,
           arena_printf(h->arena, "TLS handshake with %s failed: %s", h->where,
                        tls_client_failure(h->arena, system_error)),
           CODE_NO_ANSWER);
}

static void on_ready(evutil_socket_t fd, short what, void *arg);

static void wait_for(struct handshake *h, short what)
{
    if (h->io)
        event_free(h->io);
    h->io = event_new(loop_base(h->loop), h->peer.fd, what, on_ready, h);
    event_add(h->io, NULL);
}

static void shake(struct handshake *h)
{
    ERR_clear_error();
    errno = 0;
    int result = SSL_do_handshake(h->ssl);
    int system_error = errno;
    int wants = SSL_get_error(h->ssl, result);
    if (result == 1 && SSL_get_peer_cert_chain(h->ssl))
        judge(h);
    else if (result == 1)
        finish(h, NULL,
               arena_printf(h->arena, "%s (%s port %d) presented no certificate", h->host,
                            h->peer.ip, h->port),
               CODE_BAD_ANSWER);
    else if (wants == SSL_ERROR_WANT_READ)
        wait_for(h, EV_READ);
    else if (wants == SSL_ERROR_WANT_WRITE)
        wait_for(h, EV_WRITE);
    else
        fail(h, system_error);
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    shake(arg);
}

static void on_timeout(void *arg)
{
    struct handshake *h = arg;
    char limit[32];
    duration_format(h->timeout_ms, limit, sizeof limit);
    h->timer = NULL; // it frees itself
    finish(
        h, NULL,
        arena_printf(h->arena,
                     "timed out after %s: %s accepted the connection, but did not answer the %s; "
                     "check that %s is spoken on this port",
                     limit, h->where, h->talk ? "talk before TLS" : "TLS handshake",
                     h->talk ? starttls_name(h->starttls) : "TLS"),
        CODE_TIMEOUT);
}

// Servers of other protocols refuse a client that offers HTTP's names.
static const char *alpn_of(enum starttls_protocol p)
{
    if (p == STARTTLS_POSTGRES)
        return "\x0apostgresql";
    return p == STARTTLS_NONE ? "\x02h2\x08http/1.1" : NULL;
}

static void on_clear(const char *error, void *arg)
{
    struct handshake *h = arg;
    h->talk = NULL; // it frees itself
    clock_gettime(CLOCK_MONOTONIC, &h->connected);
    if (error)
        finish(h, NULL,
               arena_printf(h->arena, "STARTTLS (%s) with %s failed: %s",
                            starttls_name(h->starttls), h->where, error),
               CODE_BAD_ANSWER);
    else if ((h->ssl = tls_client_new(h->peer.fd, h->sni, alpn_of(h->starttls))))
        shake(h);
    else
        fail(h, 0);
}

static void on_dialed(const struct dialed *peer, void *arg)
{
    struct handshake *h = arg;
    h->dial = NULL; // it frees itself
    h->peer = *peer;
    if (peer->error) {
        finish(h, NULL, peer->error, peer->code);
        return;
    }
    bool by_name = strcmp(h->host, peer->ip) != 0;
    h->where = arena_printf(h->arena, "%s%s%s port %d", by_name ? h->host : "",
                            by_name ? " at " : "", peer->ip, h->port);
    h->timer = timer_start(h->loop, h->timeout_ms - (int64_t)(peer->connect * 1000), on_timeout, h);
    if (h->starttls)
        h->talk = starttls_start(h->loop, peer->fd, h->starttls, on_clear, h);
    else
        on_clear(NULL, h);
}

static void on_turn(void *arg)
{
    struct handshake *h = arg;
    error_local(err);
    if (h->refused) {
        finish(h, NULL, h->refused, CODE_USAGE);
    } else if (!trust_open(&h->trust, h->ca_file, h->ca_pem, &err)) {
        finish(h, NULL, error_text(&err), CODE_FILE);
    } else {
        h->dial = dial_start(h->loop, h->target, h->port, h->timeout_ms, on_dialed, h);
        dial_guard(h->dial, &h->guard);
    }
}

static int default_port(enum starttls_protocol p)
{
    return p == STARTTLS_NONE ? HTTPS_PORT : starttls_port(p);
}

struct handshake *handshake_start(struct loop *loop, struct arena *a,
                                  const struct handshake_request *ask, handshake_done *done,
                                  void *arg)
{
    struct handshake *h = mem_alloc(sizeof *h);
    *h = (struct handshake){.loop = loop,
                            .arena = a,
                            .done = done,
                            .arg = arg,
                            .guard = ask->guard,
                            .host = verdict_host(a, ask->host),
                            .port = ask->port ? ask->port : default_port(ask->starttls),
                            .starttls = ask->starttls,
                            .ca_file = arena_dup(a, ask->ca_file),
                            .ca_pem = ask->ca_pem,
                            .timeout_ms = ask->timeout_ms ? ask->timeout_ms : DEFAULT_TIMEOUT_MS,
                            .at = ask->at ? ask->at : clock_wall() / 1000,
                            .peer.fd = -1};
    if (ask->sni)
        h->sni = *ask->sni ? arena_dup(a, ask->sni) : NULL;
    else if (!verdict_host_is_address(h->host))
        h->sni = h->host;
    h->target = h->host;
    if ((ask->connect_to && !dial_target(a, ask->connect_to, &h->target, &h->port)) ||
        !*h->target || h->port < 1 || h->port > 65535)
        h->refused =
            arena_printf(a,
                         "cannot connect to '%s' port %d; give a name or an address, and a "
                         "port from 1 to 65535",
                         ask->connect_to ? ask->connect_to : h->target, h->port);
    h->turn = turn_start(&connections, loop, on_turn, h);
    return h;
}
