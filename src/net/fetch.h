// fetch: HTTP requests over libcurl's multi-socket interface on the loop. The only place that knows
// of curl. Connections are pooled per fetcher.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "net/guard.h"

struct loop;
struct arena;
struct fetcher;
struct fetch;
struct fetch_request;

struct fetcher *fetcher_new(struct loop *);
void fetcher_free(struct fetcher *); // cancels what is still under way; not from inside a callback

// An answer that does not come from the network; texts live in the arena given.
struct fetch_answer {
    int status;
    const char *headers; // lines, each ended by \r\n
    const char *body;
    size_t len;
    const char *error; // one sentence: there is no answer, as if nobody had been there; else NULL
};
typedef void fetch_pretend(const struct fetch_request *, struct arena *, struct fetch_answer *,
                           void *arg);
// From now on every request is answered by `answer`, called from the loop, and none is sent.
void fetcher_pretend(struct fetcher *, fetch_pretend *answer, void *arg);

// How an attempt ended: with an answer, or with a failure.
struct fetch_ending {
    const char *code; // base/code.h, of a failure; NULL: with an answer
    bool transient;   // the failure may be gone the next time
    bool sent;        // the request may have reached the server
    int status;
    const char *headers; // of the answer
};

// What to ask. All strings are copied by fetch_start. Zero or NULL means the default.
struct fetch_request {
    const char *method;         // default GET
    const char *url;            // http or https only
    const char *const *headers; // lines "Name: value", NULL last; with CR or LF they are refused
    const char *body;           // NULL: none
    size_t body_len;

    int64_t timeout_ms;         // for one attempt, everything included; default 30 s
    int64_t connect_timeout_ms; // default 10 s
    int max_redirects;          // 0: none followed; credentials never follow to another host
    size_t max_bytes; // of the body, after decompression; default 16 MiB in memory, else none

    bool insecure;                    // do not verify the server's certificate
    const char *ca_file;              // default: the system's
    const char *ca_pem;               // PEM text, instead of ca_file
    const char *cert_file, *key_file; // client certificate
    const char *cert_pem, *key_pem;   // the same as PEM text
    const char *proxy;                // default: the environment's; "" for none
    const char *connect_to; // "address" or "address:port": connect there whatever the URL says;
                            // Host header, SNI and verification still follow the URL
    const char *user_agent; // default "runbook/VERSION"
    struct guard guard;     // asked about each connection and redirect
    bool alone;             // on a connection of its own, which is closed at its end

    // Retries. An attempt that ended in a connection error, 429, 502, 503 or 504 is made again up
    // to `retries` times, after Retry-After or else retry_ms doubled each time with jitter, at most
    // retry_max_ms. A method that is not safe (POST, PATCH) is made again only when `repeatable`.
    int retries;
    int64_t retry_ms, retry_max_ms; // default 500 ms, 30 s
    bool repeatable;
    bool overridden; // something names another method, so that this one says nothing of that
    // When set, decides instead of the rule above: may an attempt that ended so be repeated?
    bool (*again)(const struct fetch_request *, const struct fetch_ending *, void *arg);
    void *again_arg;

    const char *to_file; // stream the body of a 2xx answer into this file instead of memory
                         // (written beside it, then renamed); max_bytes still holds when given
    // Called for each piece of the body instead of keeping it; return false to end the transfer,
    // which is no error. May cancel fetches, its own too. Bodies of redirects that are followed and
    // of attempts that are made again are not told; once told, an attempt is not made again.
    bool (*on_data)(const char *bytes, size_t len, void *arg);
    void *data_arg;
};

// What came back. Owned by the fetch; valid inside the callback only.
struct fetch_result {
    // NULL when an HTTP answer arrived; else one sentence, as in "could not resolve host
    // 'x.invalid'", "timed out after 10s while connecting to x:443".
    const char *error;
    const char *code; // base/code.h, with `error`
    bool sent;        // the request may have reached the server: for a write with `error`, in doubt
    bool lost;        // an attempt before the last one was sent, and nobody knows what became of it
    int status;       // of the last response
    const char *headers; // raw lines of the last response, each ended by \r\n
    const char *body;
    size_t body_len;
    const char *url; // the last one, after redirects
    const char *ip;  // the peer
    int port;
    int http_version; // 10, 11, 20
    int redirects;
    int attempts;
    double dns, connect, tls, first_byte, total; // seconds since the start of the last attempt
    int64_t bytes;                               // of the body
};
typedef void fetch_done(struct fetch *, const struct fetch_result *, void *arg);

// Starts; `done` is called exactly once, from the loop and never from inside this call, unless
// fetch_cancel came first. The fetch frees itself after `done`.
struct fetch *fetch_start(struct fetcher *, const struct fetch_request *, fetch_done *done,
                          void *arg);
// Ends it at once: the connection is closed, `done` will not be called. For use before `done` only.
void fetch_cancel(struct fetch *);
// Makes no further attempt: the one under way, or the last one when the next is waited for, is what
// `done` is told of. For use before `done` only.
void fetch_settle(struct fetch *);
// For on_data: the status of the answer that is told.
int fetch_status(const struct fetch *);

// The value of the next header `name` (any case) in raw header lines, without the blanks around it,
// and its length; *headers moves on to the lines behind it. NULL when there is no more, which there
// is not in NULL either.
const char *fetch_header_next(const char **headers, const char *name, size_t *len);
// A copy of the whole value of the header `name` (any case; the last one wins); NULL when it is not
// there.
const char *fetch_header_text(const char *headers, const char *name, struct arena *);
// Copies the value of the header `name` (any case; the last one wins) out of raw header lines into
// out; false when it is not there or does not fit.
bool fetch_header(const char *headers, const char *name, char *out, size_t size);
// Milliseconds that the Retry-After of raw header lines asks for (RFC 9110, 10.2.3), a date counted
// from now; -1 when there is none.
int64_t fetch_retry_after(const char *headers);
// The same out of that header's value.
int64_t fetch_retry_asked(const char *text);
// Appends text percent-encoded for a query or form value (RFC 3986 unreserved kept).
void fetch_escape(struct buf *out, const char *text, size_t len);
