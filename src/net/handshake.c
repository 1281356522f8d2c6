#include "net/handshake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/duration.h"
#include "net/dial.h"
#include "net/loop.h"
#include "net/staple.h"
#include "net/verdict.h"

enum { DEFAULT_PORT = 443, DEFAULT_TIMEOUT_MS = 10000 };

struct handshake {
    struct loop *loop;
    struct arena *arena;
    handshake_done *done;
    void *arg;

    const char *host, *sni; // sni: NULL for none
    int port;
    int64_t timeout_ms, at;
    struct trust trust;
    const char *refused; // what was wrong with the request itself

    struct timer *timer;
    struct dial *dial;
    struct dialed peer;
    const char *where; // host, address and port, for messages
    struct timespec connected;
    SSL_CTX *tls;
    SSL *ssl;
    struct event *io;
};

void handshake_cancel(struct handshake *h)
{
    if (!h)
        return;
    timer_stop(h->timer);
    dial_cancel(h->dial);
    if (h->io)
        event_free(h->io);
    SSL_free(h->ssl);
    SSL_CTX_free(h->tls);
    if (h->peer.fd >= 0)
        close(h->peer.fd);
    trust_close(&h->trust);
    free(h);
}

static void finish(struct handshake *h, struct value *found, const char *error)
{
    handshake_done *done = h->done;
    void *arg = h->arg;
    const char *kept = arena_dup(h->arena, error);
    handshake_cancel(h);
    done(found, kept, arg);
}

static struct value *text_or_null(struct arena *a, const char *text)
{
    return text && *text ? value_string(a, text) : value_null(a);
}

static struct value *group_value(struct arena *a, SSL *ssl)
{
    EVP_PKEY *key = NULL;
    if (!SSL_get_peer_tmp_key(ssl, &key))
        return value_null(a);
    char name[64];
    bool named = EVP_PKEY_get_group_name(key, name, sizeof name, NULL) == 1;
    struct value *v = value_string(a, named ? name : EVP_PKEY_get0_type_name(key));
    EVP_PKEY_free(key);
    return v;
}

static struct value *alpn_value(struct arena *a, SSL *ssl)
{
    const unsigned char *name;
    unsigned len;
    SSL_get0_alpn_selected(ssl, &name, &len);
    return len ? value_bytes(a, (const char *)name, len) : value_null(a);
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

static struct value *ocsp_value(struct arena *a, SSL *ssl, X509 *leaf)
{
    const unsigned char *der;
    long len = SSL_get_tlsext_status_ocsp_resp(ssl, &der);
    return len > 0 ? staple_describe(a, der, (size_t)len, leaf) : value_null(a);
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
    value_set(a, found, "protocol", value_string(a, SSL_get_version(h->ssl)));
    value_set(a, found, "cipher", value_string(a, SSL_get_cipher_name(h->ssl)));
    value_set(a, found, "group", group_value(a, h->ssl));
    value_set(a, found, "alpn", alpn_value(a, h->ssl));
    value_set(a, found, "timings", timings_value(h));
    verdict_set(
        a, found,
        &(struct verdict_case){.served = served, .trust = &h->trust, .host = h->host, .at = h->at});
    value_set(a, found, "ocsp", ocsp_value(a, h->ssl, sk_X509_value(served, 0)));
    SSL_shutdown(h->ssl); // so that the server does not log a broken connection
    ERR_clear_error();
    finish(h, found, NULL);
}

// Says why the handshake broke off, and what to look at next.
static const char *failure_text(const struct handshake *h, int system_error)
{
    unsigned long first = ERR_get_error();
    int reason = ERR_GET_REASON(first);
    const char *why = ERR_reason_error_string(first);
    const char *next = "check that TLS is spoken on this port";
    if (first == 0) {
        why = system_error ? strerror(system_error) : "the server closed the connection";
    } else if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        why = "the server closed the connection";
    } else if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_PACKET_LENGTH_TOO_LONG ||
               reason == SSL_R_HTTP_REQUEST) {
        why = "the answer is not TLS";
    } else if (reason > SSL_AD_REASON_OFFSET) {
        next = "check the server's TLS settings and whether it serves this name";
    } else {
        next = "check the server's TLS settings";
    }
    ERR_clear_error();
    return arena_printf(h->arena, "TLS handshake with %s failed: %s; %s", h->where,
                        why ? why : "unknown reason", next);
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
                            h->peer.ip, h->port));
    else if (wants == SSL_ERROR_WANT_READ)
        wait_for(h, EV_READ);
    else if (wants == SSL_ERROR_WANT_WRITE)
        wait_for(h, EV_WRITE);
    else
        finish(h, NULL, failure_text(h, system_error));
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
    finish(h, NULL,
           arena_printf(h->arena,
                        "timed out after %s: %s accepted the connection, but did not "
                        "answer the TLS handshake; check that TLS is spoken on this port",
                        limit, h->where));
}

// As forgiving as OpenSSL can be made: a bad server is to be described, not refused.
static bool tls_open(struct handshake *h)
{
    h->tls = SSL_CTX_new(TLS_client_method());
    if (!h->tls)
        return false;
    SSL_CTX_set_security_level(h->tls, 0);
    SSL_CTX_set_min_proto_version(h->tls, TLS1_VERSION);
    SSL_CTX_set_cipher_list(h->tls, "ALL:!aNULL:!eNULL");
    SSL_CTX_set_options(h->tls, SSL_OP_LEGACY_SERVER_CONNECT);
    SSL_CTX_set_verify(h->tls, SSL_VERIFY_NONE, NULL);
    static const unsigned char offer[] = "\x02h2\x08http/1.1";
    SSL_CTX_set_alpn_protos(h->tls, offer, sizeof offer - 1);
    SSL_CTX_set_tlsext_status_type(h->tls, TLSEXT_STATUSTYPE_ocsp);
    h->ssl = SSL_new(h->tls);
    if (!h->ssl || !SSL_set_fd(h->ssl, h->peer.fd))
        return false;
    if (h->sni)
        SSL_set_tlsext_host_name(h->ssl, h->sni);
    SSL_set_connect_state(h->ssl);
    return true;
}

static void on_dialed(const struct dialed *peer, void *arg)
{
    struct handshake *h = arg;
    h->dial = NULL; // it frees itself
    h->peer = *peer;
    if (peer->error) {
        finish(h, NULL, peer->error);
        return;
    }
    bool by_name = strcmp(h->host, peer->ip) != 0;
    h->where = arena_printf(h->arena, "%s%s%s port %d", by_name ? h->host : "",
                            by_name ? " at " : "", peer->ip, h->port);
    clock_gettime(CLOCK_MONOTONIC, &h->connected);
    h->timer = timer_start(h->loop, h->timeout_ms - (int64_t)(peer->connect * 1000), on_timeout, h);
    if (tls_open(h))
        shake(h);
    else
        finish(h, NULL, failure_text(h, 0));
}

static void on_refused(void *arg)
{
    struct handshake *h = arg;
    h->timer = NULL;
    finish(h, NULL, h->refused);
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
                            .host = verdict_host(a, ask->host),
                            .port = ask->port ? ask->port : DEFAULT_PORT,
                            .timeout_ms = ask->timeout_ms ? ask->timeout_ms : DEFAULT_TIMEOUT_MS,
                            .at = ask->at ? ask->at : clock_wall() / 1000,
                            .peer.fd = -1};
    if (ask->sni)
        h->sni = *ask->sni ? arena_dup(a, ask->sni) : NULL;
    else if (!verdict_host_is_address(h->host))
        h->sni = h->host;

    const char *target = h->host;
    struct error err;
    if (!trust_open(&h->trust, ask->ca_file, ask->ca_pem, &err))
        h->refused = arena_dup(a, err.text);
    else if ((ask->connect_to && !dial_target(a, ask->connect_to, &target, &h->port)) || !*target ||
             h->port < 1 || h->port > 65535)
        h->refused =
            arena_printf(a,
                         "cannot connect to '%s' port %d; give a name or an address, and a "
                         "port from 1 to 65535",
                         ask->connect_to ? ask->connect_to : target, h->port);
    if (h->refused)
        h->timer = timer_start(loop, 0, on_refused, h);
    else
        h->dial = dial_start(loop, target, h->port, h->timeout_ms, on_dialed, h);
    return h;
}
