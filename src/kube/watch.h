// watch: what becomes of an object or a collection. One watch looks what is there, or waits for the
// next change after a place that an earlier one ended at; so a chain of them misses nothing, holds
// no connection between two, and can be taken up again by another process.
#pragma once

#include <stdint.h>

#include "kube/client.h"

struct kube_watch;

// What to look at. Strings are copied.
struct kube_watch_request {
    const char *resource; // as kubectl takes it
    const char *name;     // NULL: all that the rest chooses
    const char *namespace;
    bool all_namespaces;
    const char *label_selector, *field_selector;
    const char *from;   // where the last one ended; NULL: look what is there, which must succeed
    int64_t timeout_ms; // then it ends without a change
    int64_t idle_ms;    // a connection that is silent for so long is given up; default 30 s
    bool (*may)(void *arg, const struct kube_resource *, struct error *err); // of its calls
    void *may_arg;
};

struct kube_watched {
    const char *code;      // base/code.h, with `error`
    const char *error;     // NULL, or what was tried, what came back, and what to do next
    const char *from;      // where the next one goes on
    struct value *items;   // all that is there now; or NULL
    struct value *changes; // else [ { type: "ADDED", "MODIFIED" or "DELETED", object } ], in order
    const char *trouble;   // why the server cannot be reached at the moment; or NULL
};
// The values live in the watch's arena.
typedef void kube_watch_done(const struct kube_watched *, void *arg);

// Starts; `done` is called once from the loop, never from inside this call, unless
// kube_watch_cancel came first. It ends with the first change, with all that is there where the
// server has forgotten `from` (410), or without either when its time is up. A server that ends the
// stream, breaks the connection, falls silent, restarts or refuses for a while is asked again until
// then. Without leave to watch it looks every two seconds. Cancel it before kube_close.
struct kube_watch *kube_watch_start(struct kube *, const struct kube_watch_request *,
                                    struct arena *, kube_watch_done *done, void *arg);
// For use before `done` only, with which it is gone.
void kube_watch_cancel(struct kube_watch *); // closes its connection at once
// Why the server cannot be reached at the moment, or NULL.
const char *kube_watch_trouble(const struct kube_watch *);
