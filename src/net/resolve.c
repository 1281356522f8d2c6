#include "net/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "net/loop.h"

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
    struct lookup *lookup;
    struct watch *watch;
    struct timer *refused; // no thread was to be had
    resolve_done *done;
    void *arg;
};

static void lookup_release(struct lookup *l)
{
    if (atomic_fetch_sub(&l->holders, 1) > 1)
        return;
    if (l->found)
        freeaddrinfo(l->found);
    close(l->wake[0]);
    close(l->wake[1]);
    free(l->host);
    free(l);
}

static void *lookup_run(void *arg)
{
    struct lookup *l = arg;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    l->failed = getaddrinfo(l->host, l->service, &hints, &l->found);
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
        l->why = failed;
    }
    return failed == 0;
}

static void on_done(void *arg)
{
    struct resolve *r = arg;
    struct lookup *l = r->lookup;
    char byte;
    if (!r->refused && read(l->wake[0], &byte, 1) != 1)
        return;
    resolve_done *done = r->done;
    void *done_arg = r->arg;
    struct addrinfo *found = l->found;
    char why[128];
    snprintf(why, sizeof why, "%s",
             r->refused || l->failed == EAI_SYSTEM ? strerror(l->why) : gai_strerror(l->failed));
    l->found = NULL;
    watch_stop(r->watch);
    lookup_release(l);
    free(r);
    done(found, found ? NULL : why, done_arg);
}

struct resolve *resolve_start(struct loop *loop, const char *host, int port, resolve_done *done,
                              void *arg)
{
    struct resolve *r = mem_alloc(sizeof *r);
    *r = (struct resolve){.lookup = mem_alloc(sizeof *r->lookup), .done = done, .arg = arg};
    r->lookup->holders = 1;
    r->lookup->host = mem_dup(host);
    snprintf(r->lookup->service, sizeof r->lookup->service, "%d", port);
    if (lookup_begin(r->lookup))
        r->watch = watch_readable(loop, r->lookup->wake[0], on_done, r);
    else
        r->refused = timer_start(loop, 0, on_done, r);
    return r;
}

void resolve_cancel(struct resolve *r)
{
    if (!r)
        return;
    watch_stop(r->watch);
    timer_stop(r->refused);
    lookup_release(r->lookup);
    free(r);
}
