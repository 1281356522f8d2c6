// proxy: the proxy on the way to an API server: the one that a kubeconfig names, or else the
// environment's, by the rules of Go's httpproxy, so that we take the way that kubectl takes. curl's
// own rules differ: it knows ALL_PROXY, and no ports in NO_PROXY.
#pragma once

#include <stdbool.h>

#include "base/arena.h"

// Returns the URL of the proxy that HTTPS_PROXY or HTTP_PROXY (or their lower case) names, in the
// arena; "" when there is none, or NO_PROXY or no_proxy exempts the host: its names, "*", addresses
// and networks, each with or without a port. A loopback address has none. An IPv6 `host` stands in
// brackets.
const char *kube_proxy_environment(struct arena *, bool https, const char *host, const char *port);

// The URL of a proxy as curl has to be told: names are resolved by a SOCKS proxy, as Go does it.
const char *kube_proxy_url(struct arena *, const char *url);
