// k8s_client: the run's way to its cluster.
#pragma once

#include "base/error.h"

struct kube;
struct run;

// The run's client, made on first use; it lives as long as the run. NULL with `err` set when the
// kubeconfig is of no use.
struct kube *k8s_client(struct run *, struct error *err);
