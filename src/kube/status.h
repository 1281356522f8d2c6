// status: what an object's status says, by the rules of `kubectl wait` and `kubectl rollout
// status`. Looks at values only.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/value.h"

// Is the condition `type` (case does not count) in `status` (NULL: "True")? A condition that was
// observed for an older generation of the object is not met. When false, `why` says what stands
// there instead: "Ready is False (DoesNotExist: Issuing certificate as Secret does not exist)".
bool kube_condition_met(const struct value *object, const char *type, const char *status,
                        struct error *why);

enum kube_rollout { KUBE_ROLLOUT_WAITING, KUBE_ROLLOUT_DONE, KUBE_ROLLOUT_FAILED };

// How far the rollout of a Deployment, DaemonSet or StatefulSet is. `says` gets the sentence that
// kubectl prints. FAILED also for an object that is being deleted, of another kind, or with an
// update strategy that has no rollout.
enum kube_rollout kube_rollout_status(const struct value *object, struct error *says);
