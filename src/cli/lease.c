#include "cli/lease.h"
#include "cli/say.h"

#include <string.h>

#include "base/duration.h"
#include "base/person.h"
#include "engine/run.h"
#include "kube/lease.h"
#include "net/loop.h"
#include "prim/k8s_client.h"

enum { LONGEST_LOOK_MS = 20000 }; // at a holder who may be gone

// "ana@laptop/20261122-142233-7f3a9c"
static const char *identity(struct run *run, const struct person *p, const char *id)
{
    return *id ? arena_printf(&run->arena, "%s@%s/%s", p->user, p->host, id) : NULL;
}

static bool is_alone(struct run *run, void *lease, struct error *err)
{
    // To take changes back is the safe direction, as long as it is not certain that another run is
    // under way.
    if (run->undoing && kube_lease_state(lease) != KUBE_LEASE_LOST)
        return true;
    return kube_lease_holds(lease, err);
}

static void on_lost(void *arg)
{
    struct run *run = arg;
    error_local(err);
    if (!run->alone(run, run->alone_arg, &err))
        run_halt_now(run, HALT_LOCK, error_text(&err));
}

static void holder_set(const struct kube_lease *l, const struct run *run, struct error *said)
{
    const char *since = kube_lease_since(l);
    error_set(said, "another run of %s is under way: the lease %s is held by %s%s%s%s",
              run->outline.name, kube_lease_name(l), kube_lease_other(l), *since ? ", since " : "",
              since, *since ? "Z" : "");
}

// Turns the loop until the lease is held. False with `err` set when it is not to be had in time.
static bool wait_for(const struct kube_lease *l, const struct run *run, int64_t timeout_ms,
                     struct error *err)
{
    int64_t began = clock_steady();
    bool told = false;
    error_local(held_by);
    while (kube_lease_state(l) != KUBE_LEASE_HELD) {
        loop_once(run->loop);
        enum kube_lease_state state = kube_lease_state(l);
        int64_t waited = clock_steady() - began;
        bool enough = waited >= timeout_ms;
        holder_set(l, run, &held_by);
        if (run->signal || (enough && state == KUBE_LEASE_TAKEN) ||
            (enough && state == KUBE_LEASE_LOOKING && waited > LONGEST_LOOK_MS))
            return error_set(err, "%s. Wait for it (--lock-timeout 10m), or stop it first",
                             error_text(&held_by));
        if (enough && state == KUBE_LEASE_FAILED)
            return error_set(err,
                             "the lease %s cannot be taken: %s. --lease none goes on without one",
                             kube_lease_name(l), kube_lease_why(l));
        bool held =
            state == KUBE_LEASE_TAKEN || (state == KUBE_LEASE_LOOKING && *kube_lease_other(l));
        if (held && !told)
            say(run, "waiting, for %s", error_text(&held_by));
        told |= held;
    }
    return true;
}

struct kube_lease *lease_take(struct run *run, const char *name, const char *gone,
                              int64_t timeout_ms, struct error *err)
{
    struct person person = person_here();
    const char *slash = strchr(name, '/');
    const char *namespace = slash ? arena_copy(&run->arena, name, (size_t)(slash - name)) : NULL;
    struct kube *kube = k8s_client(run, err);
    if (kube == NULL)
        return NULL;
    struct kube_lease *l =
        kube_lease_take(kube, namespace, slash ? slash + 1 : name, identity(run, &person, run->id),
                        identity(run, &person, gone));
    if (!wait_for(l, run, timeout_ms, err)) {
        kube_lease_release(l);
        return NULL;
    }
    if (*kube_lease_other(l))
        say(run, "taking over the lease %s from %s, who does not renew it any more",
            kube_lease_name(l), kube_lease_other(l));
    run->alone = is_alone;
    run->alone_arg = l;
    kube_lease_on_lost(l, on_lost, run);
    return l;
}
