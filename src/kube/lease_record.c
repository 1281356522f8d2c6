#include "kube/lease_record.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DURATION_S = 15 }; // where an object names none

int64_t lease_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// "2026-11-22T14:22:33.123456Z" to the second; "" for what is no moment.
static void moment_read(char out[20], const char *text)
{
    bool is_moment = strspn(text, "0123456789-:T") >= 19;
    snprintf(out, 20, "%.19s", is_moment ? text : "");
}

bool lease_record_read(struct lease_record *l, struct arena *a, const struct value *object,
                       int64_t asked_at)
{
    const struct value *spec = value_get(object, "spec");
    const char *version = value_text(value_path(object, "metadata.resourceVersion"));
    bool changed = strcmp(l->version, version) != 0;
    if (changed)
        l->seen_at = asked_at;
    snprintf(l->version, sizeof l->version, "%s", version);
    const char *holder = value_get_text(spec, "holderIdentity");
    if (l->holder == NULL || strcmp(l->holder, holder) != 0)
        l->holder = arena_dup(a, holder);
    moment_read(l->since, value_get_text(spec, "acquireTime"));
    l->duration_ms = value_get_int(spec, "leaseDurationSeconds", DURATION_S) * 1000;
    l->transitions = value_get_int(spec, "leaseTransitions", 0);
    return changed;
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

struct value *lease_record_body(struct arena *a, const char *holder, int duration_s,
                                const struct lease_record *transition)
{
    struct value *body = value_object(a), *spec = value_object(a), *now = now_value(a);
    value_set(a, spec, "holderIdentity", value_string(a, holder));
    value_set(a, spec, "leaseDurationSeconds", value_int(a, duration_s));
    value_set(a, spec, "renewTime", now);
    if (transition) {
        value_set(a, spec, "acquireTime", now);
        value_set(a, spec, "leaseTransitions", value_int(a, transition->transitions));
    }
    value_set(a, body, "spec", spec);
    return body;
}
