#include "net/serve.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/bufferevent_ssl.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/listener.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "base/arena.h"
#include "net/exchange.h"
#include "net/loop.h"

enum {
    BACKLOG = 1024,
    MAX_HEADERS = 256 * 1024,
    MAX_BODY = 64 * 1024 * 1024,
    IDLE_S = 24 * 60 * 60, // libevent's own 50 s would cut a watch that has nothing to tell
};

struct server {
    struct evhttp *http;
    struct evconnlistener *listener;
    SSL_CTX *tls; // NULL: plain
    serve_handler *handler;
    void *arg;
    struct exchange_list open;
};

static void on_request(struct evhttp_request *req, void *arg)
{
    struct server *server = arg;
    if (req->type == EVHTTP_REQ_CONNECT) {
        req->type = EVHTTP_REQ_GET; // or evhttp would take its own refusal for an open tunnel
        evhttp_send_error(req, HTTP_NOTIMPLEMENTED, NULL);
        return;
    }
    server->handler(exchange_open(&server->open, req), server->arg);
}

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                       const unsigned char *offer, unsigned offer_len, void *arg)
{
    (void)ssl, (void)arg;
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen;
    if (SSL_select_next_proto(&chosen, out_len, ours, sizeof ours - 1, offer, offer_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static bool chain_use(SSL_CTX *ctx, const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *leaf = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    bool ok = leaf && SSL_CTX_use_certificate(ctx, leaf) == 1;
    X509_free(leaf);
    for (X509 *next; ok && (next = PEM_read_bio_X509(bio, NULL, NULL, NULL));) {
        ok = SSL_CTX_add0_chain_cert(ctx, next) == 1;
        if (!ok)
            X509_free(next);
    }
    BIO_free(bio);
    return ok;
}

static bool key_use(SSL_CTX *ctx, const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    // The empty passphrase keeps OpenSSL from asking for one on the terminal.
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"");
    bool ok = key && SSL_CTX_use_PrivateKey(ctx, key) == 1;
    EVP_PKEY_free(key);
    BIO_free(bio);
    return ok;
}

static SSL_CTX *tls_new(const char *cert_pem, const char *key_pem, struct error *err)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (!ctx || !chain_use(ctx, cert_pem) || !key_use(ctx, key_pem)) {
        char why[256];
        ERR_error_string_n(ERR_get_error(), why, sizeof why);
        error_set(err,
                  "could not serve TLS with the given certificate and key: OpenSSL says %s; give a "
                  "PEM certificate and the unencrypted PEM key it was made for",
                  why);
        SSL_CTX_free(ctx);
        ctx = NULL;
    } else {
        SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
        SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, NULL);
    }
    ERR_clear_error();
    return ctx;
}

static struct bufferevent *tls_accept(struct event_base *base, void *arg)
{
    struct server *server = arg;
    return bufferevent_openssl_socket_new(base, -1, SSL_new(server->tls), BUFFEREVENT_SSL_ACCEPTING,
                                          BEV_OPT_CLOSE_ON_FREE);
}

static struct evconnlistener *listener_new(struct event_base *base, const char *address, int port,
                                           struct error *err)
{
    struct evconnlistener *listener = NULL;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    char service[16];
    snprintf(service, sizeof service, "%d", port);
    int failed =
        port < 0 || port > 65535 ? EAI_SERVICE : getaddrinfo(address, service, &hints, &found);
    if (!failed)
        listener = evconnlistener_new_bind(
            base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
            BACKLOG, found->ai_addr, (int)found->ai_addrlen);
    if (!listener)
        error_set(err, "could not listen on %s port %d: %s; choose another address or port",
                  address, port, failed ? gai_strerror(failed) : strerror(errno));
    else // inherited by every connection: a streamed event must not wait for an acknowledgement
        setsockopt(evconnlistener_get_fd(listener), IPPROTO_TCP, TCP_NODELAY, &(int){1},
                   sizeof(int));
    if (found)
        freeaddrinfo(found);
    return listener;
}

struct server *server_start(struct loop *loop, const char *address, int port, const char *cert_pem,
                            const char *key_pem, serve_handler *handler, void *arg,
                            struct error *err)
{
    SSL_CTX *tls = NULL;
    if (cert_pem && !(tls = tls_new(cert_pem, key_pem ? key_pem : "", err)))
        return NULL;
    struct evconnlistener *listener = listener_new(loop_base(loop), address, port, err);
    if (!listener) {
        SSL_CTX_free(tls);
        return NULL;
    }
    struct server *server = mem_alloc(sizeof *server);
    *server = (struct server){.listener = listener, .tls = tls, .handler = handler, .arg = arg};
    server->http = evhttp_new(loop_base(loop));
    evhttp_set_allowed_methods(server->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD |
                                                 EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE |
                                                 EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE |
                                                 EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH);
    evhttp_set_default_content_type(server->http, NULL);
    evhttp_set_max_headers_size(server->http, MAX_HEADERS);
    evhttp_set_max_body_size(server->http, MAX_BODY);
    evhttp_set_flags(server->http, EVHTTP_SERVER_LINGERING_CLOSE); // so that the 413 gets through
    evhttp_set_timeout(server->http, IDLE_S);
    evhttp_set_gencb(server->http, on_request, server);
    if (tls)
        evhttp_set_bevcb(server->http, tls_accept, server);
    evhttp_bind_listener(server->http, listener);
    return server;
}

int server_port(const struct server *server)
{
    struct sockaddr_in6 at = {0}; // has its port where sockaddr_in has it, too
    getsockname(evconnlistener_get_fd(server->listener), (struct sockaddr *)&at,
                &(socklen_t){sizeof at});
    return ntohs(at.sin6_port);
}

void server_stop(struct server *server)
{
    if (!server)
        return;
    exchange_drop_orphans(&server->open);
    evhttp_free(server->http); // with every request that still has a connection
    exchange_drop_all(&server->open);
    SSL_CTX_free(server->tls);
    free(server);
}
