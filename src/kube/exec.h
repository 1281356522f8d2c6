// exec: runs a credential plugin once and reads the ExecCredential that it prints
// (client.authentication.k8s.io, v1 and v1beta1; the rules are those of client-go's plugin
// "client/auth/exec").
#pragma once

#include <stdint.h>

#include "kube/plugin.h"

struct loop;
struct kube_exec;

struct kube_exec_result {
    const char *error;              // NULL, or one sentence: what the plugin did, and what to do
    const char *token;              // NULL: none
    const char *cert_pem, *key_pem; // both or none
    int64_t expires;                // milliseconds since 1970; 0: never said
};
// The texts live as long as the call.
typedef void kube_exec_done(const struct kube_exec_result *, void *arg);

// Starts; `done` is called once from the loop, never from inside this call, unless kube_exec_cancel
// came first. What the plugin writes to stderr is let through. It has a minute, or ten where it may
// ask a person.
struct kube_exec *kube_exec_start(struct loop *, const struct kube_plugin *, kube_exec_done *done,
                                  void *arg);
// For use before `done` only, with which it is gone.
void kube_exec_cancel(struct kube_exec *); // ends the program
