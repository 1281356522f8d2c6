// spawn_exec: starts a program with given standard streams, in a process group of its own, with
// every signal as usual and no other descriptor of ours; and tied to us: it gets SIGTERM when we
// die.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "net/spawn.h"

// Asked when the process is there and has not begun. False with `err` set: it must not.
struct exec_gate {
    bool (*may)(void *arg, pid_t, struct error *err);
    void *arg;
};

// Runs r->argv with its environment, folder and input, once `gate` (NULL: always) lets it; `out`
// and `err` become its stdout and stderr (err -1: ours). They stay open here. False with `error`
// set when it does not come to run. To be called on the main thread: it is that one's end that the
// kernel tells.
bool exec_start(pid_t *pid, const struct spawn_request *r, const struct exec_gate *gate, int out,
                int err, struct error *error);
