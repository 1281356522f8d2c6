#include "net/dial.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/arena.h"
#include "base/code.h"
#include "base/duration.h"
#include "base/error.h"
#include "net/loop.h"
#include "net/resolve.h"

struct dial {
    struct loop *loop;
    char *host;
    int port;
    int64_t timeout_ms;
    dial_done *done;
    void *arg;
    struct guard guard;

    struct timespec started;
    struct timer *timer; // for the lookup, then for the address being tried
    struct resolve *resolve;
    struct addrinfo *found, *next;
    struct event *writable;
    struct dialed result;
    struct error err;
};

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

// Lets go of what belongs to the address being tried.
static void attempt_end(struct dial *d)
{
    timer_stop(d->timer);
    d->timer = NULL;
    if (d->writable)
        event_free(d->writable);
    d->writable = NULL;
    if (d->result.fd >= 0)
        close(d->result.fd);
    d->result.fd = -1;
}

void dial_cancel(struct dial *d)
{
    if (!d)
        return;
    attempt_end(d);
    resolve_cancel(d->resolve);
    if (d->found)
        freeaddrinfo(d->found);
    error_free(&d->err);
    free(d->host);
    free(d);
}

static void finish(struct dial *d, int fd)
{
    struct dialed result = d->result;
    error_local(err);
    error_move(&err, &d->err);
    dial_done *done = d->done;
    void *arg = d->arg;
    result.fd = fd;
    result.error = fd < 0 ? error_text(&err) : NULL;
    d->result.fd = -1; // it is the receiver's now
    dial_cancel(d);
    done(&result, arg);
}

static void attempt_failed(struct dial *d, const char *why)
{
    d->result.code = CODE_NO_ANSWER;
    bool by_name = strcmp(d->host, d->result.ip) != 0;
    error_set(
        &d->err,
        "could not connect to %s%s%s port %d: %s; check that the server runs and that nothing in "
        "between blocks the port",
        by_name ? d->host : "", by_name ? " at " : "", d->result.ip, d->port, why);
    attempt_end(d);
}

static void try_next(struct dial *d);

static void on_timeout(void *arg)
{
    struct dial *d = arg;
    char limit[32];
    duration_format(d->timeout_ms, limit, sizeof limit);
    d->timer = NULL; // it frees itself
    if (d->resolve) {
        d->result.code = CODE_TIMEOUT;
        error_set(&d->err, "timed out after %s while resolving host '%s'; check this machine's DNS",
                  limit, d->host);
        finish(d, -1);
        return;
    }
    attempt_failed(d, "timed out");
    d->result.code = CODE_TIMEOUT;
    try_next(d);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct dial *d = arg;
    int error = 0;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){sizeof error});
    if (error) {
        attempt_failed(d, strerror(error));
        try_next(d);
        return;
    }
    d->result.connect = seconds_since(&d->started);
    finish(d, fd);
}

void dial_guard(struct dial *d, const struct guard *guard)
{
    d->guard = *guard;
}

static bool attempt_begin(struct dial *d, const struct addrinfo *to)
{
    d->result.code = CODE_FORBIDDEN; // should the guard say no
    if (d->guard.reach && !d->guard.reach(d->guard.arg, to->ai_addr, &d->err))
        return false;
    d->result.code = NULL;
    getnameinfo(to->ai_addr, to->ai_addrlen, d->result.ip, sizeof d->result.ip, NULL, 0,
                NI_NUMERICHOST);
    int fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    d->result.fd = fd;
    if (fd < 0 || (connect(fd, to->ai_addr, to->ai_addrlen) != 0 && errno != EINPROGRESS)) {
        attempt_failed(d, strerror(errno));
        return false;
    }
    int left = 1;
    for (const struct addrinfo *a = to->ai_next; a; a = a->ai_next)
        left++;
    int64_t left_ms = d->timeout_ms - (int64_t)(seconds_since(&d->started) * 1000);
    d->timer = timer_start(d->loop, left_ms / left, on_timeout, d);
    d->writable = event_new(loop_base(d->loop), fd, EV_WRITE, on_writable, d);
    event_add(d->writable, NULL);
    return true;
}

static void try_next(struct dial *d)
{
    while (d->next) {
        const struct addrinfo *to = d->next;
        d->next = to->ai_next;
        if (attempt_begin(d, to))
            return;
    }
    finish(d, -1);
}

static void on_resolved(struct addrinfo *found, const char *error, void *arg)
{
    struct dial *d = arg;
    d->resolve = NULL; // it frees itself
    d->result.dns = seconds_since(&d->started);
    d->found = d->next = found;
    timer_stop(d->timer);
    d->timer = NULL;
    d->result.code = error ? CODE_NO_ANSWER : NULL;
    if (error)
        error_set(&d->err, "could not resolve host '%s': %s; check the name and this machine's DNS",
                  d->host, error);
    try_next(d);
}

struct dial *dial_start(struct loop *loop, const char *host, int port, int64_t timeout_ms,
                        dial_done *done, void *arg)
{
    struct dial *d = mem_alloc(sizeof *d);
    *d = (struct dial){.loop = loop,
                       .host = mem_dup(host),
                       .port = port,
                       .timeout_ms = timeout_ms,
                       .done = done,
                       .arg = arg,
                       .result.fd = -1};
    clock_gettime(CLOCK_MONOTONIC, &d->started);
    d->timer = timer_start(loop, timeout_ms, on_timeout, d);
    d->resolve = resolve_start(loop, host, port, on_resolved, d);
    return d;
}

bool dial_target(struct arena *a, const char *text, const char **host, int *port)
{
    const char *end = *text == '[' ? strchr(text, ']') : NULL;
    const char *colon = strrchr(text, ':');
    if (colon && (end ? colon != end + 1 : colon != strchr(text, ':')))
        colon = NULL;
    if (!end)
        end = colon ? colon : text + strlen(text);
    const char *begin = *end == ']' ? text + 1 : text;
    *host = arena_copy(a, begin, (size_t)(end - begin));
    if (!colon)
        return *end == '\0' || end[1] == '\0';
    char *rest;
    long n = strtol(colon + 1, &rest, 10);
    *port = (int)n;
    return n >= 1 && n <= 65535 && *rest == '\0';
}
