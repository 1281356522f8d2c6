// client: calls to a Kubernetes API server.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/value.h"
#include "kube/kubeconfig.h"

struct loop;
struct fetcher;
struct kube;
struct kube_call;
struct kube_resource;

// Opens the way to the server; asks it nothing yet. The configuration becomes the client's own.
struct kube *kube_open(struct loop *, struct fetcher *, struct kube_config *);
void kube_close(struct kube *); // cancels what is under way
const struct kube_config *kube_config_of(const struct kube *);

// From now on calls told(text, arg), from the loop, for each warning that the server sends beside
// its answers, each once: one line of at most 1,000 characters, none of them a control character.
// It must not cancel calls.
typedef void kube_warned(const char *text, void *arg);
void kube_on_warning(struct kube *, kube_warned *told, void *arg);

enum kube_verb {
    KUBE_GET,
    KUBE_LIST,
    KUBE_WATCH, // a list's changes as they happen; kube/watch.h makes sense of them
    KUBE_CREATE,
    KUBE_PATCH,
    KUBE_APPLY,
    KUBE_DELETE,
    KUBE_REVIEW,  // may we do that? The SelfSubjectAccessReview with its answer
    KUBE_VERSION, // of the server
    KUBE_TYPES,   // all that the server knows, as [ { name, singular, short, group, version, kind,
                  // namespaced, verbs } ], each in its preferred version
    KUBE_IDENTIFY // what do the words for the type mean? Nothing is asked of an object
};
enum kube_patch_type { KUBE_PATCH_MERGE, KUBE_PATCH_JSON, KUBE_PATCH_STRATEGIC };

// What to do. Strings are copied; `body` has to live until the end. Zero or NULL is the default.
struct kube_request {
    enum kube_verb verb;
    const char *resource;  // as kubectl takes it; of create and apply default: the body's kind
    const char *name;      // of create and apply default: the body's
    const char *namespace; // default: the body's, else the configuration's
    bool all_namespaces;   // list, watch and review only
    const char *label_selector, *field_selector; // list and watch only
    const struct value *body; // the object; of a JSON patch the array of operations
    enum kube_patch_type patch_type;
    const char *subresource;   // "status", "scale" ...; not with list
    const char *field_manager; // default "runbook"
    bool force;                // apply: take over fields that others own
    bool repeatable; // made twice it does no harm, so a connection that may be dead is good enough
    bool dry_run;    // the server checks a write and answers, but keeps nothing
    const char *propagation; // delete: "Background" (default), "Foreground" or "Orphan"
    const char *if_uid, *if_resource_version; // writes: refused (409) unless they are the object's
    int64_t limit;      // list: objects in one answer, default 500; the result has them all
    int64_t timeout_ms; // for all of it, default 30 s
    const char *asked;  // review: the verb, as RBAC calls it
    const char *from;   // watch: the resourceVersion after which it begins
    // get: more of the query, as { name: text, number or boolean }, for subresources that take one.
    const struct value *query;
    // get and watch: the answer is a stream. Each piece is told, with the call's `arg`; false ends
    // the call, well and without a value. It may cancel the call.
    bool (*on_data)(const char *bytes, size_t len, void *arg);
    int64_t idle_ms; // of a stream: with nothing arriving for so long it is an error
    // Asked each time that the type's words have been looked up, before the server is asked about
    // an object. False with `err` set: it is not, and the call ends (CODE_FORBIDDEN). NULL: it may.
    bool (*may)(void *arg, const struct kube_resource *, struct error *err);
    void *may_arg;
};

struct kube_result {
    // The object; of a list one object whose `items` are those of all its answers, each with its
    // apiVersion and kind; of a delete what the server says. In the call's arena. NULL with an
    // error, and of a stream.
    struct value *value;
    const char *error; // NULL, or what was tried, what came back, and what to do next; it holds
                       // the server's words, however long they are
    const char *code;  // base/code.h, with `error`
    int64_t retry_after_ms;           // that the server asks for; -1 when it does not
    const struct kube_resource *type; // identify: what the words mean, in the call's arena
    int status;                       // of HTTP, of the last answer; 0 when there was none
    bool missing;       // the type is known, and the object (or its namespace) is not there
    bool no_dry_run;    // an admission webhook does not take part in dry runs
    bool typeless;      // the server knows no such type
    const char *reason; // of the server's Status: "NotFound", "Conflict" ...; "" without one
    // The Status' causes: [ { reason, message, field } ], a conflict's also with the other
    // `manager`.
    const struct value *causes;
    bool in_doubt;     // a write whose outcome is not known: it may have been made
    const char *tried; // "PATCH ingresses/billing-canary in scholarlink-prod"
    int attempts;      // of the last request
};
typedef void kube_done(const struct kube_result *, void *arg);

// Starts; `done` is called exactly once, from the loop and never from inside this call, unless
// kube_call_cancel came first. The call frees itself after `done`. The arena must outlive it.
struct kube_call *kube_call_start(struct kube *, const struct kube_request *, struct arena *,
                                  kube_done *done, void *arg);
// Ends it at once: its connection is closed, `done` will not be called. For use before `done` only.
void kube_call_cancel(struct kube_call *);
// Makes no further attempt at its request: the one under way, or else the last one, is its outcome.
void kube_call_settle(struct kube_call *);
