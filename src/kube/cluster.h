// cluster: what a kubeconfig's cluster entry says about reaching the API server.
#pragma once

#include <stdbool.h>

#include "kube/entry.h"
#include "kube/kubeconfig.h"

// Sets server, base_url, connect_to, host_header, proxy, insecure and ca_pem of the configuration.
// False with `err` set.
bool kube_cluster_read(struct kube_config *, const struct kube_entry *, struct error *err);

// Sets the first four, and the environment's proxy. `tls_name` may be NULL; `what` names the source
// in errors.
bool kube_server_set(struct kube_config *, const char *what, const char *url, const char *tls_name,
                     struct error *err);

// Does the server speak https? Only then are credentials and CA looked at.
bool kube_server_is_https(const struct kube_config *);
