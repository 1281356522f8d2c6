// spawn: runs a program by its argument list, never through a shell, and collects what it says.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

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
    // this returns, and never when we die before. False with `err` set: it must not. NULL: it may.
    bool (*born)(void *arg, pid_t, struct error *err);
    void *born_arg;
};

enum { SPAWN_TIMEOUT_MS = 60000, SPAWN_KILL_AFTER_MS = 2000 };

struct spawn_result {
    const char *error; // NULL, or one sentence: not found, not executable, timed out
    int status;        // exit code; 128 + N after signal N; -1 when it never ran
    const char *out, *err;
    size_t out_len, err_len;
    bool truncated;
    double seconds;
};
typedef void spawn_done(const struct spawn_result *, void *arg);

// Starts; `done` is called exactly once from the loop unless spawn_cancel came first. The program
// leads a process group of its own, so a terminal's Ctrl-C does not reach it before we decide. When
// we die in whatever way the kernel sends it SIGTERM, though not what it has started itself, nor a
// program that has become another user.
struct spawn *spawn_start(struct loop *, const struct spawn_request *, spawn_done *done, void *arg);
void spawn_cancel(struct spawn *); // kills its group
