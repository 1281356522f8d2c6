// wire: one request to the API server, with our credentials, and its answer: JSON, or a stream.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/value.h"
#include "kube/credentials.h"
#include "kube/kubeconfig.h"

struct loop;
struct fetcher;
struct kube_wire;
struct kube_warnings;
struct kube_exchange;

// Configuration, credentials and warnings, which it reads from every answer, must outlive the wire.
struct kube_wire *kube_wire_new(struct loop *, struct fetcher *, const struct kube_config *,
                                struct kube_credentials *, struct kube_warnings *);
void kube_wire_free(struct kube_wire *); // nothing may be under way

struct kube_question {
    const char *method; // default GET
    const char *path;   // percent-encoded, with its query; the server's own prefix comes before it
    const char *accept; // default application/json
    const char *content_type; // of the body
    const char *body;         // NULL: none
    size_t body_len;
    bool brisk;      // an answer of 5xx is one: others can do without it
    bool reads;      // it changes nothing, whatever its method; a GET never does
    bool repeatable; // made twice it does no harm, so a connection that may be dead is good enough
    int64_t timeout_ms; // for one attempt, and until when a retry may still begin

    // When set, a successful answer is a stream: each piece of it is told, and false ends it, which
    // is no error. It has a connection of its own and is tried once. It may cancel the exchange.
    bool (*on_data)(const char *bytes, size_t len, void *arg);
    int64_t idle_ms; // of a stream: with nothing arriving for so long it is an error
};

struct kube_answer {
    const char *error;         // why there is no answer that can be read; NULL when there is one
    const char *code;          // base/code.h, with `error`
    bool sent;                 // with `error`: the server may have got the request all the same
    bool stranger;             // with `error`: we had no credentials, so nothing was asked
    int status;                // of HTTP; 0 when none came
    const char *type;          // Content-Type, "" when absent
    const struct value *value; // the JSON, in the arena; NULL when the body of an error is none,
                               // and of a stream
    const char *text;          // a body that is no JSON, on one line, however long; "" else
    size_t size;               // of the body
    int attempts;
    int64_t retry_after_ms; // that the server asks for; -1 when it does not
};
typedef void kube_answered(const struct kube_answer *, void *arg);

// Starts; `done` is called once from the loop, never from inside this call, unless
// kube_exchange_cancel came first. At most ten retries, while there is time: after 429 or 5xx with
// a Retry-After, and when a read's connection breaks. A few: of what reached nobody, and of a read
// that was answered with 5xx. After a 401 a GET is asked once more, when there are other
// credentials by then. An answer of success that is not JSON is an error. The arena must outlive
// it.
struct kube_exchange *kube_wire_start(struct kube_wire *, struct arena *,
                                      const struct kube_question *, kube_answered *done, void *arg);
// For use before `done` only, with which it is gone.
void kube_exchange_cancel(struct kube_exchange *);
void kube_exchange_settle(struct kube_exchange *); // as fetch_settle
