// resolver: from the words for a type to the type, asking the server no more than needed: what was
// learnt is shared by all calls, kept on disk for ten minutes, and asked anew once on a miss.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "kube/discovery.h"
#include "kube/wire.h"

struct kube_resolver;
struct kube_resolve;

struct kube_resolver *kube_resolver_new(struct loop *, struct kube_wire *,
                                        const struct kube_config *);
void kube_resolver_free(struct kube_resolver *); // stops what it asks; no resolve may be left

// How a resolve ended: with `found`, or with the answer that made it impossible (a server that
// could not be asked), or with neither: no such type; `missing` then names the API groups that
// could not be read, "" for none.
struct kube_resolved {
    const struct kube_resource *found; // in the resolve's arena
    const struct value *table;         // all that is known; for words that are NULL. The resolver's
    const struct kube_answer *failure;
    const char *missing;
};
typedef void kube_resolve_done(const struct kube_resolved *, void *arg);

// Starts; `done` is called once from the loop, never from inside this call, unless
// kube_resolve_cancel came first. Words that are NULL ask for all types. The arena must outlive it.
enum kube_resolve_how {
    KUBE_RESOLVE_QUICK, // by what is known already, or as little as will do
    KUBE_RESOLVE_WHOLE, // knowing all types, so that it is certain which other words mean that one
    KUBE_RESOLVE_FRESH, // nothing that is known already is believed
};
struct kube_resolve *kube_resolve_start(struct kube_resolver *, struct arena *, const char *words,
                                        enum kube_resolve_how, int64_t timeout_ms,
                                        kube_resolve_done *done, void *arg);
// For use before `done` only, with which it is gone.
void kube_resolve_cancel(struct kube_resolve *);
