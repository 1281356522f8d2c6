// process: a program that this machine runs, told apart from any that gets its number later.
#pragma once

#include <sys/types.h>

#include "base/value.h"

#define PROC "/proc" // tests have one of their own

enum process_fate {
    PROCESS_GONE,
    PROCESS_LIVES,
    PROCESS_UNSEEN, // it is, or was, on another machine or in another container: who knows
};

// What tells the process, which leads a group, from any other: { pid, group, session, started
// (ticks since the machine's start), boot, namespace, host, the numbers of the pipes that take its
// output: out, err; and the mark (net/mark) that it will bear }. Where that is not to be found out
// it is one that will be PROCESS_UNSEEN.
struct value *process_describe(struct arena *, const char *proc, pid_t pid, const char *mark);
// What became of such a one and of what belongs to it: its group, whoever writes to its pipes, and
// whoever bears its mark. With PROCESS_LIVES *who is one of those at work. One that is not reaped
// has ended.
enum process_fate process_look(const char *proc, const struct value *process, pid_t *who);
// Sends the signal to those that belong to it and have left its group, as far as we may.
void process_signal_strays(const char *proc, const struct value *process, int signo);
// Takes away what `who` of that group has said to whoever started it, so that it does not wait for
// ever for somebody to listen.
void process_drain(const char *proc, const struct value *process, pid_t who);
