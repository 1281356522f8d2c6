#include "kube/lease.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/duration.h"
#include "kube/parts.h"
#include "net/loop.h"

// client-go's own figures.
enum { DURATION_S = 15, RENEW_WITHIN_MS = 10000, EVERY_MS = 2000 };
enum { CALL_MS = 5000, RELEASE_MS = 3000 };

struct kube_lease {
    struct kube *kube;
    struct arena memory; // the names
    const char *namespace, *name, *holder, *gone, *full_name;
    enum kube_lease_state state;
    struct kube_call *call;
    struct arena arena;          // of the call
    struct timer *timer, *limit; // limit: of the release
    bool released;               // its release was answered, or took too long
    int conflicts;               // writes in a row that came too late

    char version[128];          // resourceVersion of the object as it was last read or written
    char other[300], since[48]; // whoever else holds or held it, in his own words
    int64_t duration_ms;        // that he gave it
    int64_t transitions;
    // By the clock that goes on while the machine sleeps: when that version was first seen, when
    // the call under way began, when the last one that renewed did.
    int64_t seen_at, asked_at, renewed_at;

    struct error why;
    void (*on_lost)(void *arg);
    void *arg;
};

static int64_t clock_boot(void)
{
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// A MicroTime: RFC 3339 with six digits after the point.
static struct value *now_value(struct arena *a)
{
    struct timespec now;
    struct tm t;
    char seconds[32];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &t);
    strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &t);
    return value_printf(a, "%s.%06ldZ", seconds, now.tv_nsec / 1000);
}

static struct value *body_of(struct arena *a, const char *holder, int duration_s, bool transition,
                             int64_t transitions)
{
    struct value *body = value_object(a), *spec = value_object(a), *now = now_value(a);
    value_set(a, spec, "holderIdentity", value_string(a, holder));
    value_set(a, spec, "leaseDurationSeconds", value_int(a, duration_s));
    value_set(a, spec, "renewTime", now);
    if (transition) {
        value_set(a, spec, "acquireTime", now);
        value_set(a, spec, "leaseTransitions", value_int(a, transitions));
    }
    value_set(a, body, "spec", spec);
    return body;
}

// A write that was made twice is refused the second time, and then it is looked who holds the
// Lease.
static void ask(struct kube_lease *l, struct kube_request q, kube_done *done)
{
    q.repeatable = true;
    q.resource = "leases.coordination.k8s.io";
    q.name = l->name;
    q.namespace = l->namespace;
    q.timeout_ms = CALL_MS;
    l->asked_at = clock_boot();
    l->call = kube_call_start(l->kube, &q, &l->arena, done, l);
}

static void look(void *arg);

static void look_later(struct kube_lease *l, int64_t ms)
{
    l->timer = timer_start(l->kube->loop, ms, look, l);
}

// Keeps what the server says of the object.
static void note(struct kube_lease *l, const struct value *object)
{
    const char *version = value_text(value_path(object, "metadata.resourceVersion"));
    if (strcmp(l->version, version) != 0)
        l->seen_at = l->asked_at;
    snprintf(l->version, sizeof l->version, "%s", version);
}

static void lose(struct kube_lease *l)
{
    l->state = KUBE_LEASE_LOST;
    if (l->on_lost)
        l->on_lost(l->arg);
}

// What could not be asked is asked again; what is held stays so until its time is over.
static void fail(struct kube_lease *l, const struct kube_result *r)
{
    error_set(&l->why, "%s", r->error);
    if (l->state != KUBE_LEASE_HELD)
        l->state = KUBE_LEASE_FAILED;
    look_later(l, EVERY_MS);
}

static void renew(void *arg);

static void written(const struct kube_result *r, void *arg)
{
    struct kube_lease *l = arg;
    l->call = NULL;
    bool beaten = r->status == 409 || (r->missing && *l->version); // by a write or a deletion
    if (beaten && l->conflicts++ == 0) {
        look_later(l, 0);
    } else if (r->error) {
        fail(l, r);
    } else {
        note(l, r->value);
        l->conflicts = 0;
        l->state = KUBE_LEASE_HELD;
        l->renewed_at = l->asked_at;
        l->timer = timer_start(l->kube->loop, EVERY_MS, renew, l);
    }
    arena_free(&l->arena);
}

static void write_spec(struct kube_lease *l, bool transition)
{
    l->transitions += transition;
    struct value *body = body_of(&l->arena, l->holder, DURATION_S, transition, l->transitions);
    ask(l,
        (struct kube_request){.verb = KUBE_PATCH, .body = body, .if_resource_version = l->version},
        written);
}

static void renew(void *arg)
{
    struct kube_lease *l = arg;
    l->timer = NULL;
    write_spec(l, false);
}

static void create(struct kube_lease *l)
{
    struct arena *a = &l->arena;
    struct value *body = body_of(a, l->holder, DURATION_S, true, 0);
    value_set(a, body, "apiVersion", value_string(a, "coordination.k8s.io/v1"));
    value_set(a, body, "kind", value_string(a, "Lease"));
    ask(l, (struct kube_request){.verb = KUBE_CREATE, .body = body}, written);
}

// The Lease names somebody else. Only if it has stood still for his whole duration he is gone.
static void wait_or_take(struct kube_lease *l, bool first, bool changed)
{
    bool gone = l->gone && strcmp(l->other, l->gone) == 0;
    if (gone || (!changed && clock_boot() - l->seen_at >= l->duration_ms)) {
        write_spec(l, true);
        return;
    }
    if (first || l->state == KUBE_LEASE_FAILED)
        l->state = KUBE_LEASE_LOOKING;
    else if (changed)
        l->state = KUBE_LEASE_TAKEN;
    look_later(l, EVERY_MS);
}

static void examine(struct kube_lease *l, const struct value *object)
{
    const struct value *spec = value_get(object, "spec");
    const char *holder = value_get_text(spec, "holderIdentity");
    char before[sizeof l->version];
    memcpy(before, l->version, sizeof before);
    note(l, object);
    l->transitions = value_get_int(spec, "leaseTransitions", 0);
    if (strcmp(holder, l->holder) == 0) { // still, or again after we were killed
        write_spec(l, false);
        return;
    }
    if (l->state == KUBE_LEASE_HELD) {
        if (*holder)
            error_set(&l->why, "%s has taken the lease %s", holder, l->full_name);
        else
            error_set(&l->why, "somebody has freed the lease %s", l->full_name);
        lose(l);
        return;
    }
    if (*holder == '\0') {
        *l->other = '\0';
        write_spec(l, true);
        return;
    }
    snprintf(l->other, sizeof l->other, "%s", holder);
    snprintf(l->since, sizeof l->since, "%.19s", value_get_text(spec, "acquireTime"));
    l->conflicts = 0;
    l->duration_ms = value_get_int(spec, "leaseDurationSeconds", DURATION_S) * 1000;
    wait_or_take(l, *before == '\0', strcmp(before, l->version) != 0);
}

static void looked(const struct kube_result *r, void *arg)
{
    struct kube_lease *l = arg;
    struct arena answer = l->arena; // the next call brings its own
    l->call = NULL;
    l->arena = (struct arena){0};
    if (r->missing && l->state == KUBE_LEASE_HELD) {
        error_set(&l->why, "somebody has deleted the lease %s", l->full_name);
        lose(l);
    } else if (r->missing) {
        *l->version = *l->other = '\0';
        create(l);
    } else if (r->error) {
        fail(l, r);
    } else {
        examine(l, r->value);
    }
    arena_free(&answer);
}

static void look(void *arg)
{
    struct kube_lease *l = arg;
    l->timer = NULL;
    ask(l, (struct kube_request){.verb = KUBE_GET}, looked);
}

struct kube_lease *kube_lease_take(struct kube *kube, const char *namespace, const char *name,
                                   const char *holder, const char *gone)
{
    struct kube_lease *l = mem_alloc(sizeof *l);
    l->kube = kube;
    l->namespace = arena_dup(&l->memory, namespace ? namespace : kube->config->namespace);
    l->name = arena_dup(&l->memory, name);
    l->holder = arena_dup(&l->memory, holder);
    l->gone = arena_dup(&l->memory, gone);
    l->full_name = arena_printf(&l->memory, "%s/%s", l->namespace, name);
    look_later(l, 0);
    return l;
}

void kube_lease_on_lost(struct kube_lease *l, void (*fn)(void *arg), void *arg)
{
    l->on_lost = fn;
    l->arg = arg;
}

enum kube_lease_state kube_lease_state(const struct kube_lease *l)
{
    return l->state;
}

const char *kube_lease_name(const struct kube_lease *l)
{
    return l->full_name;
}

const char *kube_lease_other(const struct kube_lease *l)
{
    return l->other;
}

const char *kube_lease_since(const struct kube_lease *l)
{
    return l->since;
}

const char *kube_lease_why(const struct kube_lease *l)
{
    return l->why.text;
}

bool kube_lease_holds(const struct kube_lease *l, struct error *err)
{
    char ago[64];
    int64_t ms = clock_boot() - l->renewed_at;
    if (l->state == KUBE_LEASE_LOST)
        return error_set(err, "%s", l->why.text);
    return ms <= RENEW_WITHIN_MS ||
           error_set(err, "the lease %s was last renewed %s ago, so somebody else may take it%s%s",
                     l->full_name, duration_format(ms, ago, sizeof ago), *l->why.text ? ": " : "",
                     l->why.text);
}

static void stop(struct kube_lease *l)
{
    timer_stop(l->timer);
    l->timer = NULL;
    if (l->call)
        kube_call_cancel(l->call);
    l->call = NULL;
    arena_free(&l->arena);
}

static void released(const struct kube_result *r, void *arg)
{
    struct kube_lease *l = arg;
    (void)r; // when it was refused, whoever is next waits for the Lease's time to be over
    l->call = NULL;
    l->released = true;
}

static void give_up(void *arg)
{
    struct kube_lease *l = arg;
    l->limit = NULL;
    l->released = true;
}

static void give_back(struct kube_lease *l)
{
    l->limit = timer_start(l->kube->loop, RELEASE_MS, give_up, l);
    while (l->call && !l->released) // what is under way changes the version
        loop_once(l->kube->loop);
    stop(l);
    if (l->state == KUBE_LEASE_HELD && !l->released) {
        struct value *body = body_of(&l->arena, "", 1, true, l->transitions);
        ask(l,
            (struct kube_request){
                .verb = KUBE_PATCH, .body = body, .if_resource_version = l->version},
            released);
        while (!l->released)
            loop_once(l->kube->loop);
    }
    timer_stop(l->limit);
}

void kube_lease_release(struct kube_lease *l)
{
    if (l == NULL)
        return;
    if (l->state == KUBE_LEASE_HELD)
        give_back(l);
    stop(l);
    arena_free(&l->memory);
    free(l);
}
