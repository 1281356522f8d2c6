#include "cli/latest.h"

#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "cli/options.h"
#include "record/history.h"

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS, DAY_MS = 24 * HOUR_MS };

// "2h": as exactly as one needs it to know a run again.
static const char *age(int64_t started, char *out, size_t size)
{
    int64_t ms = clock_wall() - started;
    long long n = ms < 0 ? 0 : ms;
    if (n >= DAY_MS)
        snprintf(out, size, "%lldd", n / DAY_MS);
    else if (n >= HOUR_MS)
        snprintf(out, size, "%lldh", n / HOUR_MS);
    else if (n >= MINUTE_MS)
        snprintf(out, size, "%lldm", n / MINUTE_MS);
    else
        snprintf(out, size, "%llds", n / 1000);
    return out;
}

// Which run stopped before it, where there is one.
static bool refuse(struct store *store, const struct options *o, const struct history *h,
                   const char *fate, struct arena *a, struct error *err)
{
    struct history other;
    const char *journal = o->run.journal;
    char text[32];
    bool found;
    if (!history_find_stopped(store, a, &other, &found, err))
        return false;
    if (!found)
        return error_set(err, "there is no run in %s to go on with: the latest, %s of %s, %s",
                         store_path(store), h->id, h->file, fate);
    return error_set(err,
                     "the latest run, %s of %s, %s; %s of %s (%s ago) stopped: runbook resume "
                     "%s%s%s",
                     h->id, h->file, fate, other.id, other.file,
                     age(other.started, text, sizeof text), other.id, journal ? " --journal " : "",
                     journal ? journal : "");
}

bool latest_may_resume(struct store *store, const struct options *o, const struct history *h,
                       struct error *err)
{
    struct arena a = {0};
    bool done = h->outcome && strcmp(h->outcome, "done") == 0;
    bool may = !done && !h->rolled_back;
    if (!may)
        refuse(store, o, h, done ? "is done" : "was rolled back", &a, err);
    arena_free(&a);
    return may;
}
