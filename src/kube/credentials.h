// credentials: who we are at this moment: the token and the client certificate that the next
// request shows. Those of the kubeconfig itself stay as they are; those of files are read again
// after a minute, those of a plugin asked for anew once they have expired, and both after a 401.
#pragma once

#include <stdbool.h>

#include "kube/kubeconfig.h"

struct loop;
struct kube_credentials;
struct kube_login;

// The configuration must outlive them.
struct kube_credentials *kube_credentials_new(struct loop *, const struct kube_config *);
void kube_credentials_free(struct kube_credentials *); // no login may be under way

struct kube_identity {
    const char *error;              // why there is none, and what to do; the rest is empty then
    const char *authorization;      // a header line, or NULL
    const char *cert_pem, *key_pem; // or both NULL
    unsigned number;                // of these very credentials: others have another
};
// The texts live as long as the call.
typedef void kube_login_done(const struct kube_identity *, void *arg);

// Starts; `done` is called once from the loop, never from inside this call, unless
// kube_login_cancel came first. All who wait for the plugin share one run of it.
struct kube_login *kube_login_start(struct kube_credentials *, kube_login_done *done, void *arg);
// For use before `done` only, with which it is gone.
void kube_login_cancel(struct kube_login *);

// The server has refused the credentials of that number (401): the next login looks for others.
void kube_credentials_refused(struct kube_credentials *, unsigned number);
