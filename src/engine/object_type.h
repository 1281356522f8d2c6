// object_type: a type of Kubernetes objects as rules judge it: by what it is, not by which of its
// names somebody has used. What it is the cluster tells (prim/k8s_type); where nobody can be asked,
// the types that every cluster has are known, and of others no more than their name.
#pragma once

#include <stdbool.h>

#include "base/value.h"

enum object_scope { SCOPE_UNKNOWN, SCOPE_NAMESPACE, SCOPE_CLUSTER };

struct object_type {
    const char *plural, *group; // "ingresses"; "" is the core. Group NULL: not known
    enum object_scope scope;
    // In lower case, without a group: what means this type, and what would if no other type of the
    // cluster went before it.
    const struct value *names, *shared;
    bool known; // false: by its name alone
    bool brief; // that name may be a short one of any type
};

// The type that the words mean ("ing", "Ingress.v1.networking.k8s.io"), as far as that can be told
// without a cluster.
const struct object_type *object_type_guess(struct arena *, const char *words);
// Does the type's word of a rule stand for it: certainly (for what is allowed), or maybe (denied)?
// NULL is any type.
bool object_type_fits(const struct object_type *, const char *words, bool certainly);
// The shortest words that mean it and nothing else: "ingresses", "events.events.k8s.io".
const char *object_type_words(struct arena *, const struct object_type *);
