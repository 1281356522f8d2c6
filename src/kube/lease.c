#include "kube/lease.h"

#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "kube/lease_record.h"
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

    struct lease_record record; // the object as it was last read or written
    struct lease_record other;  // the same when somebody else held it
    int64_t asked_at;           // lease_clock: when the call under way began
    int64_t renewed_at;         // and when the last one that renewed did

    struct error why;
    void (*on_lost)(void *arg);
    void *arg;
};

// A write that was made twice is refused the second time, and then it is looked who holds the
// Lease.
static void ask(struct kube_lease *l, struct kube_request q, kube_done *done)
{
    q.repeatable = true;
    q.resource = "leases.coordination.k8s.io";
    q.name = l->name;
    q.namespace = l->namespace;
    q.timeout_ms = CALL_MS;
    l->asked_at = lease_clock();
    l->call = kube_call_start(l->kube, &q, &l->arena, done, l);
}

static void look(void *arg);

static void look_later(struct kube_lease *l, int64_t ms)
{
    l->timer = timer_start(l->kube->loop, ms, look, l);
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
    bool deleted = r->missing && *l->record.version, beaten = r->status == 409 || deleted;
    if (beaten && l->conflicts++ == 0) {
        look_later(l, 0);
    } else if (r->error) {
        fail(l, r);
    } else {
        lease_record_read(&l->record, &l->memory, r->value, l->asked_at);
        l->conflicts = 0;
        l->state = KUBE_LEASE_HELD;
        l->renewed_at = l->asked_at;
        l->timer = timer_start(l->kube->loop, EVERY_MS, renew, l);
    }
    arena_free(&l->arena);
}

static void write_spec(struct kube_lease *l, bool transition)
{
    l->record.transitions += transition;
    ask(l,
        (struct kube_request){.verb = KUBE_PATCH,
                              .body = lease_record_body(&l->arena, l->holder, DURATION_S,
                                                        transition ? &l->record : NULL),
                              .if_resource_version = l->record.version},
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
    struct value *body = lease_record_body(a, l->holder, DURATION_S, &l->record);
    value_set(a, body, "apiVersion", value_string(a, "coordination.k8s.io/v1"));
    value_set(a, body, "kind", value_string(a, "Lease"));
    ask(l, (struct kube_request){.verb = KUBE_CREATE, .body = body}, written);
}

// The Lease names somebody else. Only if it has stood still for his whole duration he is gone.
static void wait_or_take(struct kube_lease *l, bool first, bool changed)
{
    bool gone = l->gone && strcmp(kube_lease_other(l), l->gone) == 0;
    if (gone || (!changed && lease_clock() - l->record.seen_at >= l->record.duration_ms)) {
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
    bool first = *l->record.version == '\0';
    bool changed = lease_record_read(&l->record, &l->memory, object, l->asked_at);
    const char *holder = l->record.holder;
    if (strcmp(holder, l->holder) == 0) { // still, or again after we were killed
        write_spec(l, false);
    } else if (l->state == KUBE_LEASE_HELD) {
        if (*holder)
            error_set(&l->why, "%s has taken the lease %s", holder, l->full_name);
        else
            error_set(&l->why, "somebody has freed the lease %s", l->full_name);
        lose(l);
    } else if (*holder == '\0') {
        l->other = (struct lease_record){0};
        write_spec(l, true);
    } else {
        l->other = l->record;
        l->conflicts = 0;
        wait_or_take(l, first, changed);
    }
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
        l->record = l->other = (struct lease_record){0};
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
    return l->other.holder ? l->other.holder : "";
}

const char *kube_lease_since(const struct kube_lease *l)
{
    return l->other.since;
}

const char *kube_lease_why(const struct kube_lease *l)
{
    return error_text(&l->why);
}

bool kube_lease_holds(const struct kube_lease *l, struct error *err)
{
    char ago[64];
    int64_t ms = lease_clock() - l->renewed_at;
    if (l->state == KUBE_LEASE_LOST)
        return error_set(err, "%s", error_text(&l->why));
    return ms <= RENEW_WITHIN_MS ||
           error_set(err, "the lease %s was last renewed %s ago, so somebody else may take it%s%s",
                     l->full_name, duration_format(ms, ago, sizeof ago),
                     error_is_set(&l->why) ? ": " : "", error_text(&l->why));
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
        ask(l,
            (struct kube_request){.verb = KUBE_PATCH,
                                  .body = lease_record_body(&l->arena, "", 1, &l->record),
                                  .if_resource_version = l->record.version},
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
    error_free(&l->why);
    arena_free(&l->memory);
    free(l);
}
