// loop: the one event loop of the process: timers, sockets, signals. A thin layer over libevent, so
// that nobody above net/ needs to know which library turns the wheel.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct loop;
struct timer;

struct loop *loop_new(void);
void loop_free(struct loop *);
struct event_base *loop_base(struct loop *); // for the rest of net/

// Waits until something happens and handles it. False when nothing is left that could happen.
bool loop_once(struct loop *);
// Handles what is ready, without waiting.
void loop_poll(struct loop *);

// Calls fn(arg) once, `ms` milliseconds from now, never from inside this call (0: on the next
// turn). Of timers due together the first started is the first called. The timer frees itself after
// fn; timer_stop frees it before. timer_stop(NULL) does nothing.
struct timer *timer_start(struct loop *, int64_t ms, void (*fn)(void *arg), void *arg);
void timer_stop(struct timer *);

// Calls fn(signo, arg) from the loop whenever the signal arrives, until loop_free.
bool loop_on_signal(struct loop *, int signo, void (*fn)(int signo, void *arg), void *arg);

// Calls fn(arg) from the loop when `fd` can be read, again and again until watch_stop.
struct watch;
struct watch *watch_readable(struct loop *, int fd, void (*fn)(void *arg), void *arg);
void watch_stop(struct watch *);
