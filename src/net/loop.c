#include "net/loop.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <event2/event.h>

#include "base/arena.h"

// Timers stand in one list by their due time, those due together in the order they were started
// (libevent's own heap gives no order among equals, and a run must not depend on chance). One
// event, `alarm`, is set for the first of them.
struct loop {
    struct event_base *base;
    struct event *alarm;
    struct timer *first, *last;
    struct timer *firing;
    uint64_t turn; // counts the rounds of firing, to keep a new timer out of the present one
    struct hook *hooks;
    int signals;
};

struct timer {
    struct loop *loop;
    struct timer *before, *after;
    int64_t due; // microseconds
    uint64_t turn;
    void (*fn)(void *arg);
    void *arg;
};

struct hook {
    struct hook *next;
    struct event *event;
    void (*fn)(int signo, void *arg);
    void *arg;
};

struct watch {
    struct event *event;
    void (*fn)(void *arg);
    void *arg;
};

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void timer_unlink(struct timer *t)
{
    struct loop *loop = t->loop;
    *(t->before ? &t->before->after : &loop->first) = t->after;
    *(t->after ? &t->after->before : &loop->last) = t->before;
}

static void timer_link(struct timer *t)
{
    struct loop *loop = t->loop;
    struct timer *before = loop->last;
    while (before && before->due > t->due)
        before = before->before;
    t->before = before;
    t->after = before ? before->after : loop->first;
    *(t->before ? &t->before->after : &loop->first) = t;
    *(t->after ? &t->after->before : &loop->last) = t;
}

static void alarm_set(struct loop *loop)
{
    if (!loop->first) {
        event_del(loop->alarm);
        return;
    }
    int64_t us = loop->first->due - now_us();
    if (us < 0)
        us = 0;
    event_add(loop->alarm, &(struct timeval){.tv_sec = us / 1000000, .tv_usec = us % 1000000});
}

static void on_alarm(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct loop *loop = arg;
    int64_t now = now_us();
    uint64_t turn = ++loop->turn;
    struct timer *t;
    while ((t = loop->first) && t->due <= now && t->turn != turn) {
        loop->first = t->after;
        *(t->after ? &t->after->before : &loop->last) = NULL;
        loop->firing = t; // a timer_stop from inside its own fn finds it still there
        t->fn(t->arg);
        loop->firing = NULL;
        free(t);
    }
    alarm_set(loop);
}

struct loop *loop_new(void)
{
    // A peer that went away is the error of one write, never the end of the process.
    signal(SIGPIPE, SIG_IGN);
    event_set_mem_functions(mem_alloc, mem_grow, free);
    struct loop *loop = mem_alloc(sizeof *loop);
    struct event_config *config = event_config_new();
    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
    loop->base = event_base_new_with_config(config);
    event_config_free(config);
    if (loop->base)
        loop->alarm = evtimer_new(loop->base, on_alarm, loop);
    if (!loop->alarm) {
        fputs("runbook: the system offers no way to wait for events; stopping here\n", stderr);
        exit(EXIT_FAILURE);
    }
    return loop;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    for (struct timer *t = loop->first, *after; t; t = after) {
        after = t->after;
        free(t);
    }
    for (struct hook *hook = loop->hooks, *next; hook; hook = next) {
        next = hook->next;
        event_free(hook->event);
        free(hook);
    }
    event_free(loop->alarm);
    event_base_free(loop->base);
    free(loop);
}

struct event_base *loop_base(struct loop *loop)
{
    return loop->base;
}

bool loop_once(struct loop *loop)
{
    // Signals are listened to for good; they alone are nothing to wait for.
    if (event_base_get_num_events(loop->base, EVENT_BASE_COUNT_ADDED) <= loop->signals)
        return false;
    return event_base_loop(loop->base, EVLOOP_ONCE) == 0;
}

void loop_poll(struct loop *loop)
{
    event_base_loop(loop->base, EVLOOP_NONBLOCK);
}

struct timer *timer_start(struct loop *loop, int64_t ms, void (*fn)(void *arg), void *arg)
{
    const int64_t longest = INT64_C(1000) * 60 * 60 * 24 * 365 * 100;
    struct timer *t = mem_alloc(sizeof *t);
    *t = (struct timer){.loop = loop, .turn = loop->turn, .fn = fn, .arg = arg};
    t->due = now_us() + (ms < 0 ? 0 : ms > longest ? longest : ms) * 1000;
    timer_link(t);
    if (loop->first == t)
        alarm_set(loop);
    return t;
}

void timer_stop(struct timer *t)
{
    if (!t || t == t->loop->firing)
        return;
    struct loop *loop = t->loop;
    bool was_first = loop->first == t;
    timer_unlink(t);
    free(t);
    if (was_first)
        alarm_set(loop);
}

static void on_signal(evutil_socket_t signo, short what, void *arg)
{
    (void)what;
    struct hook *hook = arg;
    hook->fn((int)signo, hook->arg);
}

bool loop_on_signal(struct loop *loop, int signo, void (*fn)(int signo, void *arg), void *arg)
{
    struct hook *hook = mem_alloc(sizeof *hook);
    *hook = (struct hook){.next = loop->hooks, .fn = fn, .arg = arg};
    hook->event = evsignal_new(loop->base, signo, on_signal, hook);
    if (!hook->event || event_add(hook->event, NULL) != 0) {
        if (hook->event)
            event_free(hook->event);
        free(hook);
        return false;
    }
    loop->hooks = hook;
    loop->signals++;
    return true;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct watch *w = arg;
    w->fn(w->arg);
}

struct watch *watch_readable(struct loop *loop, int fd, void (*fn)(void *arg), void *arg)
{
    struct watch *w = mem_alloc(sizeof *w);
    *w = (struct watch){.fn = fn, .arg = arg};
    w->event = event_new(loop->base, fd, EV_READ | EV_PERSIST, on_readable, w);
    if (!w->event || event_add(w->event, NULL) != 0) {
        if (w->event)
            event_free(w->event);
        free(w);
        return NULL;
    }
    return w;
}

void watch_stop(struct watch *w)
{
    if (!w)
        return;
    event_free(w->event);
    free(w);
}
