// refusal: why a call failed, as one sentence: what was tried, what came back, what to do next.
#pragma once

#include "kube/client.h"
#include "kube/discovery.h"
#include "kube/wire.h"

struct kube_attempt {
    const char *tried;                    // "PATCH ingresses/billing-canary in scholarlink-prod"
    const char *verb;                     // as RBAC calls it: "patch"
    const struct kube_resource *resource; // NULL while it is not known
    const char *subresource, *namespace;  // NULL for none
    bool write;                           // something may have been changed
    bool patch_strategic, apply;
};

// Fills error, code, status, reason, causes, no_dry_run, in_doubt and attempts of the result, in
// the arena, from an answer that is no success.
void kube_refusal_explain(struct arena *, const struct kube_config *, const struct kube_attempt *,
                          const struct kube_answer *, struct kube_result *);

// The server knows no such resource type, and `missing` names the API groups of which it could not
// be asked, or is "". In the arena.
const char *kube_refusal_unknown(struct arena *, const struct kube_config *, const char *tried,
                                 const char *resource, const char *missing);
// The time was up while `doing` ("asking") that with the server. In the arena.
const char *kube_refusal_late(struct arena *, const struct kube_config *, const char *tried,
                              int64_t timeout_ms, const char *doing);
