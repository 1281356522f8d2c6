// user: what a kubeconfig's user entry says about who we are.
#pragma once

#include <stdbool.h>

#include "kube/entry.h"
#include "kube/kubeconfig.h"

// Sets the client certificate, token, password, plugin and impersonation of the configuration,
// whose server is known already: to a plain http server only impersonation is sent. False with
// `err` set.
bool kube_user_read(struct kube_config *, const struct kube_entry *cluster,
                    const struct kube_entry *user, struct error *err);
