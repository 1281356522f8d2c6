#include "net/fetch_pool.h"

#include <stdlib.h>

#include <event2/event.h>

#include "base/arena.h"
#include "net/fetch_curl.h"
#include "net/loop.h"

enum { MAX_IDLE_CONNECTIONS = 128 };

static void pool_turn(struct fetcher *pool, curl_socket_t fd, int flags)
{
    int running = 0;
    pool->inside = true;
    curl_multi_socket_action(pool->multi, fd, flags, &running);
    pool->inside = false;

    CURLMsg *message;
    int left = 0;
    while ((message = curl_multi_info_read(pool->multi, &left))) {
        char *owner = NULL;
        CURLcode code = message->data.result; // the message is gone with its handle
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &owner);
        fetch_ended((struct fetch *)(void *)owner, code);
    }
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
    int flags =
        ((what & EV_READ) ? CURL_CSELECT_IN : 0) | ((what & EV_WRITE) ? CURL_CSELECT_OUT : 0);
    pool_turn(arg, fd, flags);
}

static void on_alarm(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    pool_turn(arg, CURL_SOCKET_TIMEOUT, 0);
}

// curl says which events of a socket it waits for; `known` is our event for it, if there is one.
static int on_interest(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
    (void)easy;
    struct fetcher *pool = arg;
    struct event *event = known;
    if (what == CURL_POLL_REMOVE) {
        if (event)
            event_free(event);
        curl_multi_assign(pool->multi, fd, NULL);
        return 0;
    }
    short kind = (short)(((what & CURL_POLL_IN) ? EV_READ : 0) |
                         ((what & CURL_POLL_OUT) ? EV_WRITE : 0) | EV_PERSIST);
    if (event && event_get_events(event) == kind)
        return 0;
    if (event) {
        event_del(event);
        event_assign(event, loop_base(pool->loop), fd, kind, on_socket, pool);
    } else {
        event = event_new(loop_base(pool->loop), fd, kind, on_socket, pool);
        curl_multi_assign(pool->multi, fd, event);
    }
    return event && event_add(event, NULL) == 0 ? 0 : -1;
}

// curl says when it wants to be called next: in `ms` from now, or (-1) not at all.
static int on_deadline(CURLM *multi, long ms, void *arg)
{
    (void)multi;
    struct fetcher *pool = arg;
    if (ms < 0)
        return event_del(pool->alarm);
    // libevent would count from the start of its turn, which can be long ago.
    event_base_update_cache_time(loop_base(pool->loop));
    return event_add(pool->alarm,
                     &(struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000});
}

struct fetcher *fetcher_new(struct loop *loop)
{
    struct fetcher *pool = mem_alloc(sizeof *pool);
    pool->loop = loop;
    return pool;
}

// curl and the TLS library under it take milliseconds to start; only a first fetch pays for them.
static bool pool_open(struct fetcher *pool, struct error *err)
{
    if (!curl_start(err))
        return false;
    pool->alarm = evtimer_new(loop_base(pool->loop), on_alarm, pool);
    pool->share = curl_share_init();
    pool->multi = curl_multi_init();
    return pool->alarm && pool->share && pool->multi &&
           !curl_share_setopt(pool->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) &&
           !curl_multi_setopt(pool->multi, CURLMOPT_SOCKETFUNCTION, on_interest) &&
           !curl_multi_setopt(pool->multi, CURLMOPT_SOCKETDATA, pool) &&
           !curl_multi_setopt(pool->multi, CURLMOPT_TIMERFUNCTION, on_deadline) &&
           !curl_multi_setopt(pool->multi, CURLMOPT_TIMERDATA, pool) &&
           !curl_multi_setopt(pool->multi, CURLMOPT_MAXCONNECTS, (long)MAX_IDLE_CONNECTIONS);
}

static void pool_close(struct fetcher *pool)
{
    while (pool->idle_count)
        curl_easy_cleanup(pool->idle[--pool->idle_count]);
    curl_multi_cleanup(pool->multi);
    curl_share_cleanup(pool->share);
    if (pool->alarm)
        event_free(pool->alarm);
    pool->multi = NULL;
    pool->share = NULL;
    pool->alarm = NULL;
}

void fetcher_free(struct fetcher *pool)
{
    if (!pool)
        return;
    while (pool->first)
        fetch_cancel(pool->first);
    if (pool->multi)
        pool_close(pool);
    free(pool);
}

CURL *pool_take(struct fetcher *pool, struct error *err)
{
    if (!pool->multi && !pool_open(pool, err)) {
        pool_close(pool);
        return NULL;
    }
    return pool->idle_count ? pool->idle[--pool->idle_count] : curl_easy_init();
}

bool pool_run(struct fetcher *pool, CURL *easy, struct fetch *owner)
{
    return !curl_easy_setopt(easy, CURLOPT_PRIVATE, owner) &&
           !curl_easy_setopt(easy, CURLOPT_SHARE, pool->share) &&
           !curl_multi_add_handle(pool->multi, easy);
}

void pool_give(struct fetcher *pool, CURL *easy)
{
    curl_multi_remove_handle(pool->multi, easy);
    curl_easy_reset(easy); // keeps connections, names and sessions; lets go of the request's memory
    if (pool->idle_count < (int)(sizeof pool->idle / sizeof *pool->idle))
        pool->idle[pool->idle_count++] = easy;
    else
        curl_easy_cleanup(easy);
}

void fetcher_pretend(struct fetcher *pool, fetch_pretend *answer, void *arg)
{
    pool->pretend = answer;
    pool->pretend_arg = arg;
}
