// serve: a small HTTP/1.1 server on the loop (libevent's evhttp), plain or over TLS, for the
// sandbox.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct loop;
struct server;
struct exchange; // one request and its answer

// Called from the loop for each request; the handler answers now or later, exactly once.
typedef void serve_handler(struct exchange *, void *arg);
// Listens on address:port (0: a free one). cert and key as PEM text, or both NULL for plain HTTP.
struct server *server_start(struct loop *, const char *address, int port, const char *cert_pem,
                            const char *key_pem, serve_handler *handler, void *arg,
                            struct error *err);
int server_port(const struct server *);
// Closes everything; exchanges still open are gone, and those who asked for it are told.
void server_stop(struct server *);

// The request, valid until the answer ends.
const char *exchange_method(const struct exchange *);
const char *exchange_target(const struct exchange *);                   // path and query as sent
const char *exchange_header(const struct exchange *, const char *name); // NULL when absent
// Calls fn for every header, in their order.
void exchange_headers(const struct exchange *,
                      void (*fn)(const char *name, const char *value, void *), void *arg);
const char *exchange_body(const struct exchange *, size_t *len);
const char *exchange_peer(const struct exchange *); // address of the client

// The answer. Headers first, then either exchange_reply, or begin + chunks + end. After the last of
// these the exchange is gone. on_gone(arg) tells that the client went away before the end (or the
// server was stopped); the exchange is gone then, too. Without it the exchange stays until it is
// answered, and the answer to one who left is thrown away.
void exchange_set_header(struct exchange *, const char *name, const char *value);
void exchange_reply(struct exchange *, int status, const char *body, size_t len);
void exchange_begin(struct exchange *, int status);
void exchange_chunk(struct exchange *, const char *bytes, size_t len);
void exchange_end(struct exchange *);
void exchange_on_gone(struct exchange *, void (*fn)(void *arg), void *arg);
// Closes the connection without an answer: a server that broke.
void exchange_abort(struct exchange *);
