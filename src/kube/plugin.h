// plugin: the program that a kubeconfig's user entry names for getting credentials (its `exec`),
// read and checked by client-go's rules. Running it is exec's part.
#pragma once

#include <stdbool.h>

#include "kube/entry.h"
#include "kube/kubeconfig.h"

enum kube_interaction { KUBE_ASKS_NEVER, KUBE_ASKS_IF_AVAILABLE, KUBE_ASKS_ALWAYS };

struct kube_plugin {
    const char *what;        // for messages: "user 'ana' of /home/ana/.kube/config"
    const char *const *argv; // ended by NULL
    const char *const *env;  // "NAME=value" lines added to ours, ended by NULL
    const char *api_version; // "client.authentication.k8s.io/v1"
    const char *hint;        // how to install it; "" for none
    enum kube_interaction asks;
    bool no_input;               // nobody may be asked, though there be a terminal
    const struct value *cluster; // what it is told of the cluster, or NULL
};

// Sets c->plugin when the user has an `exec`. False with `err` set when that is wrong, or there is
// an auth-provider, which Kubernetes has removed.
bool kube_plugin_read(struct kube_config *, const struct kube_entry *cluster,
                      const struct kube_entry *user, struct error *err);
