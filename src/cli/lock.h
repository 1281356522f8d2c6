// lock: one run at a time for the same runbook and target, of one user on one machine; and each run
// gone on with by one alone.
#pragma once

#include <stdint.h>

#include "base/error.h"

struct lock;
struct run;

// Takes the lock of the run's name and target, and that of the run itself, waiting up to
// `timeout_ms` for each; says on stderr what it waits for, and whose process died with the lock.
// Whatever journal a run keeps, at `journal` or none (NULL), it meets the others: see cli/lockdir.
// The lock ends with the process, too. NULL with `err` set: who holds it, since when, and where
// (*held); or why there is none to be had. dead[] gets the run whose process died with it, or "".
struct lock *lock_take(const struct run *run, const char *target, const char *journal,
                       int64_t timeout_ms, char dead[64], bool *held, struct error *err);
// Gives it back. NULL does nothing.
void lock_release(struct lock *);
