#include "cli/survivors.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/person.h"
#include "cli/say.h"
#include "cli/session.h"
#include "net/loop.h"
#include "net/process.h"
#include "net/spawn.h"
#include "record/entrusted.h"

enum { LOOK_EVERY_MS = 100 };

// One that may be at work.
struct survivor {
    const struct value *process;
    const char *name; // "\"terraform apply\" (effect 3)"
    long long seq;
    long long group;  // of the one that is at work; else of the one that was started
    const char *verb; // that goes on with the run
    pid_t who;
    int64_t patience_ms;
};

static void on_look(void *arg)
{
    *(bool *)arg = true;
}

static enum process_fate look(struct survivor *s)
{
    enum process_fate fate = process_look(PROC, s->process, &s->who);
    pid_t group = fate == PROCESS_LIVES ? getpgid(s->who) : -1;
    s->group = group > 1 ? group : (long long)value_get_int(s->process, "group", 0);
    return fate;
}

// Turns the loop meanwhile: a lease is renewed, and a signal heard.
static enum process_fate wait_for(struct run *run, struct survivor *s)
{
    int64_t until = clock_steady() + s->patience_ms;
    enum process_fate fate;
    while ((fate = look(s)) == PROCESS_LIVES && !run->signal && clock_steady() < until) {
        bool due = false;
        process_drain(PROC, s->process, s->who);
        struct timer *timer = timer_start(run->loop, LOOK_EVERY_MS, on_look, &due);
        while (!due && !run->signal)
            loop_once(run->loop);
        if (!due)
            timer_stop(timer);
    }
    return fate;
}

// Then whoever decided knows that it is to go on working.
static bool is_said_to_be_done(const struct options *o, long long seq)
{
    char text[40];
    snprintf(text, sizeof text, "%lld=done", seq);
    for (const char **r = o->resolve; r && *r; r++)
        if (strcmp(*r, text) == 0)
            return true;
    return false;
}

static void say_unseen(const struct run *run, const struct survivor *s)
{
    const char *host = value_get_text(s->process, "host");
    bool here = strcmp(host, person_here().host) == 0;
    say(run,
        "cannot look whether %s is still at work: it was begun on %s, as process "
        "group %lld, %s",
        s->name, host, s->group,
        here ? "in a container or on a system that is not this one" : "and this is another host");
}

static int say_left(struct run *run, const struct survivor *s)
{
    char time[32], why[80] = "stopped by a signal";
    if (!run->signal)
        snprintf(why, sizeof why, "waited %s in vain",
                 duration_format(s->patience_ms, time, sizeof time));
    say(run, "%s: %s is still at work, process %lld of group %lld. Nothing was done", why, s->name,
        (long long)s->who, s->group);
    fprintf(stderr, "next: wait for its end, or have it end: kill -TERM -- -%lld; then: %s\n",
            s->group, run_command(run, s->verb));
    if (run->signal)
        return 128 + run->signal;
    fprintf(stderr, "      or, where it has done its work and is to stay: %s --resolve %lld=done\n",
            run_command(run, s->verb), s->seq);
    return EXIT_IN_DOUBT;
}

static int settle(struct run *run, const struct options *o, struct survivor *s)
{
    enum process_fate fate = look(s);
    if (fate == PROCESS_LIVES) {
        say(run,
            "waiting for %s, which the run has left at work: process %lld of group "
            "%lld; Ctrl-C stops waiting",
            s->name, (long long)s->who, s->group);
        fate = wait_for(run, s);
    }
    if (fate == PROCESS_UNSEEN)
        say_unseen(run, s);
    if (fate == PROCESS_LIVES && (run->signal || !is_said_to_be_done(o, s->seq)))
        return say_left(run, s);
    if (run->signal)
        say(run, "stopped by a signal");
    return run->signal ? 128 + run->signal : 0;
}

int survivors_wait(struct session *session, const struct options *o, const char *verb)
{
    error_local(err);
    struct run *run = session->run;
    struct arena *a = &run->arena;
    const struct value *open = entrusted_open(session->store, run->id, a, &err);
    int code = 0;
    if (open == NULL) {
        say(run, "%s", error_text(&err));
        return EXIT_INTERNAL;
    }
    for (size_t i = 0; i < value_count(open) && code == 0; i++) {
        const struct value *row = value_at(open, i), *process = value_get(row, "process");
        struct survivor s = {
            .process = process, .verb = verb, .seq = (long long)value_get_int(row, "seq", 0)};
        int64_t given = value_get_int(process, "timeout_ms", SPAWN_TIMEOUT_MS);
        s.name = arena_printf(a, "\"%s\" (effect %lld)", value_get_text(row, "summary"), s.seq);
        s.patience_ms = given + SPAWN_KILL_AFTER_MS;
        code = settle(run, o, &s);
    }
    return code;
}
