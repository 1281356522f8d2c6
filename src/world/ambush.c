#include "world/ambush.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "world/request.h"

static bool read_services(struct ambush *a, const struct value *list, struct error *err)
{
    struct buf names = {.max = sizeof a->services - 1};
    bool ok = true;
    for (size_t i = 0; i < value_count(list); i++)
        ok &= buf_printf(&names, "%s%s,", i ? "" : ",", value_text(value_at(list, i)));
    snprintf(a->services, sizeof a->services, "%s", buf_text(&names));
    buf_free(&names);
    return ok || error_set(err, "these are too many services");
}

bool ambush_lay(struct ambush *a, const struct value *asked, struct error *err)
{
    const char *when = value_get_text(asked, "when");
    int64_t pid = value_get_int(asked, "pid", 0), at = value_get_int(asked, "at", 0);
    *a = (struct ambush){.left = (int)at,
                         .after = strcmp(when, "after") == 0,
                         .writes = value_get_bool(asked, "writes", false)};
    // Neither a process group nor init, and nothing that is not there to be killed.
    if (pid <= 1 || (pid_t)pid != pid || at < 1 || at > 1000000 ||
        (!a->after && strcmp(when, "before") != 0))
        return error_set(err, "send { \"pid\": number, \"at\": 1 or more, \"when\": \"before\" or "
                              "\"after\", \"writes\": true or false, \"services\": [ name ] }");
    if (kill((pid_t)pid, 0) != 0)
        return error_set(err, "there is no process %lld to kill", (long long)pid);
    a->pid = (pid_t)pid;
    return read_services(a, value_get(asked, "services"), err);
}

static bool is_among(const struct ambush *a, const struct value *request)
{
    char name[128];
    snprintf(name, sizeof name, ",%s,", value_get_text(request, "service"));
    return *a->services == '\0' || strstr(a->services, name);
}

bool ambush_counts(struct ambush *a, const struct value *request)
{
    if (a->pid && kill(a->pid, 0) != 0)
        a->pid = 0; // it has ended by itself: nobody else is to suffer
    return a->pid && is_among(a, request) && (!a->writes || request_writes(request)) &&
           --a->left == 0;
}

void ambush_strike(struct ambush *a)
{
    kill(a->pid, SIGKILL);
    a->pid = 0;
}
