// spawn: runs a program by its argument list, never through a shell, and collects what it says.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/value.h"

struct loop;
struct spawn;

struct spawn_request {
    const char *const *argv; // NULL-terminated; argv[0] is looked up in PATH
    const char *const *env;  // "NAME=value" lines added to or replacing ours; NULL: none
    const char *cwd;         // NULL: ours
    const char *input;       // for its standard input; NULL: /dev/null
    size_t input_len;
    int64_t timeout_ms; // then SIGTERM, and SIGKILL two seconds later; 0: SPAWN_TIMEOUT_MS
    size_t max_bytes;   // of stdout and of stderr each; what is past it is dropped; default 1 MiB
    bool pass_stderr;   // let stderr through to ours instead of collecting it
    bool terminal;      // our standard input instead, and our process group: it may ask a person
    const char *label;  // for people, where it outlives us; NULL: argv[0]
    // Called from inside spawn_start when the process is there and has not begun: it begins when
    // this returns, and never when we die before. False with `err` set: it must not. Takes what
    // tells it and whatever it starts from any other (net/process, with a mark of its own). NULL:
    // it may, and nothing tells them.
    bool (*born)(void *arg, const struct value *process, struct error *err);
    // It was stopped, and what belongs to it is waited for, which of them; called once at most.
    // NULL: nobody is told.
    void (*waits)(void *arg, pid_t who);
    void *born_arg; // for both
};

enum { SPAWN_TIMEOUT_MS = 60000, SPAWN_KILL_AFTER_MS = 2000 };

struct spawn_result {
    const char *error; // NULL, or one sentence: not found, not executable, timed out
    int status;        // exit code; 128 + N after signal N; -1 when it never ran
    const char *out, *err;
    size_t out_len, err_len;
    bool truncated;
    pid_t left; // it was stopped, and this of what belongs to it is still at work; 0: none
    double seconds;
};
typedef void spawn_done(const struct spawn_result *, void *arg);

// Starts; `done` is called exactly once from the loop unless spawn_cancel came first. The program
// leads a process group of its own, so a terminal's Ctrl-C does not reach it before we decide. When
// we die in whatever way the kernel sends it SIGTERM, though not what it has started itself, nor a
// program that has become another user.
// One that has `born` and is stopped, by its timeout or by a signal, has not ended before all that
// belongs to it has, wherever that has gone: it has the rest of the time, gets SIGTERM and SIGKILL
// as well, and is waited for as long again.
struct spawn *spawn_start(struct loop *, const struct spawn_request *, spawn_done *done, void *arg);
// Kills it and what belongs to it. Returns one of those that lives all the same, or 0. For use
// before `done` only, with which it is gone.
pid_t spawn_cancel(struct spawn *);
