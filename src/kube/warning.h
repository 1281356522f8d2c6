// warning: what the API server wants a person to know beside its answer, as that a version is on
// its way out: headers `Warning: 299 - "text"` (RFC 7234, 5.5), by client-go's rules.
#pragma once

#include "base/arena.h"
#include "kube/client.h"

// All zero tells nobody.
struct kube_warnings {
    kube_warned *told;
    void *arg;
    struct arena memory;
    struct value *seen; // the texts that were told
};

// Tells each warning in raw header lines that was not told before, at most 50 in all, each as
// long as it is: to cut it is for who masks the secrets in it first. What does not parse, or has
// another code than 299, is passed over.
void kube_warnings_read(struct kube_warnings *, const char *headers);
void kube_warnings_free(struct kube_warnings *);
