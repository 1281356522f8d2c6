// lease: a Lease of coordination.k8s.io/v1, which one holds at a time across machines, and renews
// for as long as it is needed.
//
// The rules are client-go's (tools/leaderelection): each write is refused unless the object is
// still the one that was read; a holder counts as gone when its Lease has not changed for its
// leaseDurationSeconds while WE were watching, so no two clocks are ever compared; and whoever
// could not renew for a while that is shorter than that considers it lost before anyone else can
// have it.
#pragma once

#include <stdbool.h>

#include "base/error.h"

struct kube;
struct kube_lease;

enum kube_lease_state {
    KUBE_LEASE_LOOKING, // not known yet: somebody holds it who may be gone
    KUBE_LEASE_TAKEN,   // somebody holds it and has just renewed it
    KUBE_LEASE_FAILED,  // the server could not be asked, or refused; it is tried again
    KUBE_LEASE_HELD,
    KUBE_LEASE_LOST, // it was held, and somebody else has it or took it away; this is final
};

// Starts to take it, and then renews it, from timers of the client's loop. `namespace` NULL is the
// configuration's. `holder` says who we are; a Lease that names us already is ours, and one that
// names `gone` (may be NULL), of whom it is known that he does not run any more, is taken at once.
struct kube_lease *kube_lease_take(struct kube *, const char *namespace, const char *name,
                                   const char *holder, const char *gone);
// Calls fn(arg) once it is lost, from the loop.
void kube_lease_on_lost(struct kube_lease *, void (*fn)(void *arg), void *arg);

enum kube_lease_state kube_lease_state(const struct kube_lease *);
// "namespace/name", for messages.
const char *kube_lease_name(const struct kube_lease *);
// Who else holds it, and since when by his own word; once it is held, from whom it was taken over.
// "" when nobody did.
const char *kube_lease_other(const struct kube_lease *);
const char *kube_lease_since(const struct kube_lease *);
// Why it is FAILED or LOST: one sentence.
const char *kube_lease_why(const struct kube_lease *);

// Is it held and was it renewed lately enough that nobody else can have it? False with `err` set.
bool kube_lease_holds(const struct kube_lease *, struct error *err);
// Gives it back, so that the next one need not wait, and frees it. Turns the loop until the server
// has answered, for a few seconds at most; a Lease that is not held is left alone.
void kube_lease_release(struct kube_lease *);
