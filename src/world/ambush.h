// ambush: ends a client's process at an exact request, so that a test can kill it between two steps
// of its own without any help from the client (see host.h).
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/value.h"

struct ambush {
    pid_t pid;  // 0: none is laid
    int left;   // requests that count until it falls, the fatal one among them
    bool after; // once the request was handled, instead of before
    bool writes;
    char services[256]; // names with a comma before and after each; "": all
};

// Lays one, in place of the one before: { pid, at: 1.., when: "before" | "after", writes: bool,
// services: [ name ] }. False with `err` set when it is something else.
bool ambush_lay(struct ambush *, const struct value *asked, struct error *err);
// Counts a request that has just arrived. True when it is the fatal one.
bool ambush_counts(struct ambush *, const struct value *request);
// Kills the process, once.
void ambush_strike(struct ambush *);
