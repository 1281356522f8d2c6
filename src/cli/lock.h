// lock: one run at a time for the same runbook and target, on this machine.
#pragma once

#include <stdint.h>

#include "base/error.h"

struct run;

// Takes the lock of the run's name and target in the folder of the journal, waiting up to
// `timeout_ms` for it. Returns a file descriptor to keep open: the lock ends with it, also when the
// process dies. -1 with `err` set: who holds it, since when, and where. *took_over gets the run
// whose process died with the lock, or "".
int lock_take(const char *journal_path, const char *target, const struct run *run,
              int64_t timeout_ms, char took_over[64], struct error *err);
// Gives it back.
void lock_release(int lock);
