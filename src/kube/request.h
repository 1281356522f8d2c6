// request: a call's request checked and completed, and turned into what HTTP wants.
#pragma once

#include "base/buf.h"
#include "kube/client.h"
#include "kube/discovery.h"

// Copies the request's strings into the arena and fills in what it leaves out: the type, name and
// namespace that the resource words ("deployment/billing") or the body give, and the defaults.
// False with `err` set when something is missing or contradicts itself.
bool kube_request_complete(struct arena *, struct kube_request *, const struct kube_config *,
                           struct error *err);

// For messages: "PATCH ingresses/billing-canary in scholarlink-prod"; `r` is NULL while not known.
const char *kube_request_tried(struct arena *, const struct kube_request *,
                               const struct kube_resource *r);
const char *kube_request_method(const struct kube_request *); // of HTTP
const char *kube_request_verb(const struct kube_request *);   // of RBAC
bool kube_request_writes(const struct kube_request *);        // and not as a dry run
bool kube_request_has_type(const struct kube_request *);      // that has to be resolved

// Appends path and query. `limit` 0 and `next` (the token of the next chunk) NULL are left out.
void kube_request_path(struct buf *, const struct kube_request *, const struct kube_resource *,
                       int64_t limit, const char *next);
