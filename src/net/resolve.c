#include "net/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/arena.h"
#include "net/loop.h"
#include "net/turn.h"

// How many threads there are at once, but for those whose lookup was cancelled.
static struct gate threads = {.room = 32};

// What the loop and the thread share; who lets go of it last frees it. A lookup cannot be stopped,
// so one that was cancelled goes on unheard.
struct lookup {
    atomic_int holders;
    int wake[2]; // the thread writes a byte into the second when it is done
    char *host;
    char service[8];
    struct addrinfo *found;
    int failed, why; // getaddrinfo's answer, and errno
};

struct resolve {
    struct loop *loop;
    struct lookup *lookup;
    struct turn *turn;
    struct watch *watch;
    struct timer *ready; // nothing has to be waited for
    resolve_done *done;
    void *arg;
};

static void lookup_release(struct lookup *l)
{
    if (atomic_fetch_sub(&l->holders, 1) > 1)
        return;
    if (l->found)
        freeaddrinfo(l->found);
    if (l->wake[0] >= 0) {
        close(l->wake[0]);
        close(l->wake[1]);
    }
    free(l->host);
    free(l);
}

// Loopback is where "localhost" is (RFC 6761, 6.3), also where no hosts file says so.
static bool is_localhost(const char *name)
{
    return strcasecmp(name, "localhost") == 0 || strcasecmp(name, "localhost.") == 0;
}

static void *lookup_run(void *arg)
{
    struct lookup *l = arg;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    l->failed = getaddrinfo(l->host, l->service, &hints, &l->found);
    if (l->failed && is_localhost(l->host))
        l->failed = getaddrinfo(NULL, l->service, &hints, &l->found); // loopback's addresses
    l->why = errno;
    ssize_t written = write(l->wake[1], "", 1);
    (void)written; // a pipe takes its first byte
    lookup_release(l);
    return NULL;
}

static bool lookup_begin(struct lookup *l)
{
    pthread_t thread;
    pthread_attr_t attr;
    if (pipe2(l->wake, O_CLOEXEC) != 0) {
        l->wake[0] = l->wake[1] = -1;
        l->failed = EAI_SYSTEM;
        l->why = errno;
        return false;
    }
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    l->holders = 2;
    int failed = pthread_create(&thread, &attr, lookup_run, l);
    pthread_attr_destroy(&attr);
    if (failed) { // else it belongs to the thread until that has written its byte
        l->holders = 1;
        l->failed = EAI_SYSTEM;
        l->why = failed;
    }
    return failed == 0;
}

static void on_done(void *arg)
{
    struct resolve *r = arg;
    struct lookup *l = r->lookup;
    char byte;
    if (r->watch && read(l->wake[0], &byte, 1) != 1)
        return;
    r->ready = NULL; // it frees itself
    resolve_done *done = r->done;
    void *done_arg = r->arg;
    struct addrinfo *found = l->found;
    char why[128];
    snprintf(why, sizeof why, "%s",
             l->failed == EAI_SYSTEM ? strerror(l->why) : gai_strerror(l->failed));
    l->found = NULL;
    resolve_cancel(r);
    done(found, found ? NULL : why, done_arg);
}

static void on_turn(void *arg)
{
    struct resolve *r = arg;
    if (lookup_begin(r->lookup))
        r->watch = watch_readable(r->loop, r->lookup->wake[0], on_done, r);
    else
        r->ready = timer_start(r->loop, 0, on_done, r);
}

struct resolve *resolve_start(struct loop *loop, const char *host, int port, resolve_done *done,
                              void *arg)
{
    struct resolve *r = mem_alloc(sizeof *r);
    struct lookup *l = mem_alloc(sizeof *l);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
    *r = (struct resolve){.loop = loop, .lookup = l, .done = done, .arg = arg};
    l->holders = 1;
    l->wake[0] = l->wake[1] = -1;
    l->host = mem_dup(host);
    snprintf(l->service, sizeof l->service, "%d", port);
    if (getaddrinfo(host, l->service, &hints, &l->found) == 0) // an address: nobody is to be asked
        r->ready = timer_start(loop, 0, on_done, r);
    else
        r->turn = turn_start(&threads, loop, on_turn, r);
    return r;
}

void resolve_cancel(struct resolve *r)
{
    if (!r)
        return;
    watch_stop(r->watch);
    timer_stop(r->ready);
    turn_end(r->turn);
    lookup_release(r->lookup);
    free(r);
}
