// lease: one run at a time for the same runbook and target, on all machines that share a cluster:
// by a Kubernetes Lease that the run holds from before its first change to its end.
#pragma once

#include <stdint.h>

#include "base/error.h"

struct kube_lease;
struct run;

// Takes the Lease `name` ("namespace/name" or "name"), waiting up to `timeout_ms` while another run
// holds it; `gone` is the run of this machine that is known to be dead, or "". From then on the run
// makes no change unless the Lease is held, and is halted when it is lost. NULL with `err` set: who
// holds it and since when, or why it cannot be had.
struct kube_lease *lease_take(struct run *, const char *name, const char *gone, int64_t timeout_ms,
                              struct error *err);
