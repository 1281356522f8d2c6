#include "net/turn.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/arena.h"
#include "net/loop.h"

struct turn {
    struct gate *gate;
    struct loop *loop;
    void (*fn)(void *arg);
    void *arg;
    struct timer *timer;         // let in, and about to be told
    struct turn *before, *after; // in the line
    bool inside;
};

static void on_let_in(void *arg)
{
    struct turn *t = arg;
    t->timer = NULL; // it frees itself
    t->fn(t->arg);
}

static void leave_line(struct turn *t)
{
    struct gate *g = t->gate;
    *(t->before ? &t->before->after : &g->first) = t->after;
    *(t->after ? &t->after->before : &g->last) = t->before;
}

static void let_in(struct gate *g)
{
    while (g->room > 0 && g->first) {
        struct turn *t = g->first;
        leave_line(t);
        g->room--;
        t->inside = true;
        t->timer = timer_start(t->loop, 0, on_let_in, t);
    }
}

struct turn *turn_start(struct gate *g, struct loop *loop, void (*fn)(void *arg), void *arg)
{
    struct turn *t = mem_alloc(sizeof *t);
    *t = (struct turn){.gate = g, .loop = loop, .fn = fn, .arg = arg, .before = g->last};
    *(g->last ? &g->last->after : &g->first) = t;
    g->last = t;
    let_in(g);
    return t;
}

void turn_end(struct turn *t)
{
    if (!t)
        return;
    timer_stop(t->timer);
    if (t->inside)
        t->gate->room++;
    else
        leave_line(t);
    let_in(t->gate);
    free(t);
}
