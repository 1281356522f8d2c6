// k8s_client: the run's way to its cluster.
#pragma once

#include "base/error.h"

struct arena;
struct kube;
struct run;
struct run_options;

// Where the kubeconfig leads: "namespace shop of https://10.0.0.1:6443", in the arena; NULL when it
// leads nowhere.
const char *k8s_cluster(const struct run_options *, struct arena *);

// The run's client, made on first use; it lives as long as the run. NULL with `err` set when the
// kubeconfig is of no use, or leads elsewhere than options->cluster says.
struct kube *k8s_client(struct run *, struct error *err);
