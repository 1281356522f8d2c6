// kubeconfig: which API server, as whom, in which namespace: one context of the merged kubeconfig
// files, or the service account of the pod we run in, checked and ready for requests.
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

struct kube_config_options {
    const char *path;               // --kubeconfig: this file alone
    const char *context;            // default: the current context
    const char *namespace;          // default: the context's, the pod's, "default"
    char *(*env)(const char *name); // default: getenv
    const char *pod_folder;         // of a pod's service account; default: where Kubernetes puts it
    bool stand_in;                  // without any kubeconfig: a cluster that is never asked
    bool no_input;                  // a credential plugin may not ask the person at the terminal
};

struct kube_entry;
struct kube_plugin;

struct kube_config {
    struct arena memory;
    const char *where;   // for messages: "context 'prod' of /home/ana/.kube/config"
    const char *context; // NULL in a pod
    const char *server;  // as people know it: "https://10.0.0.1:6443/prefix", no slash at its end
    const char *namespace;

    // How to reach it, in the terms of net/fetch.h. With tls-server-name, base_url names that host,
    // connect_to the real one and host_header what the server expects; else both are NULL.
    const char *base_url, *connect_to, *host_header;
    const char *proxy; // "": none
    bool insecure;
    const char *ca_pem;             // NULL: the system's
    const char *cert_pem, *key_pem; // the client certificate, or both NULL
    // The user entry whose files they are from, when they are, to be read again; else NULL.
    const struct kube_entry *certificate_entry;

    // Who we are. With both a token and a token file, the file counts while it can be read.
    const char *user; // the kubeconfig's name for it, or NULL
    const char *token, *token_file;
    const char *username, *password;
    struct kube_plugin *plugin; // gives the token or the client certificate; NULL: there is none
    const char *const *impersonate; // header lines, ended by NULL; may be NULL

    const char *cache_folder; // for what may be kept between runs; NULL: there is none
};

// Resolves the configuration by client-go's rules. NULL with `err` set: a sentence that names file,
// entry and field, and what to write instead. Auth-provider plugins are refused with the remedy.
// Credentials and CA count only for https servers.
struct kube_config *kube_config_load(const struct kube_config_options *, struct error *err);
void kube_config_free(struct kube_config *);
