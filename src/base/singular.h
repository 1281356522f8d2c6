// singular: one name for a type of Kubernetes objects, which has many.
#pragma once

#include "base/arena.h"

// The plain singular, in lower case and without a group, of a type as people write it: "ing",
// "Ingress", "ingresses.networking.k8s.io" -> "ingress". Near enough for telling whether two mean
// the same; forms that stay apart make whoever compares more careful.
const char *singular_of(struct arena *, const char *words);
// The plain plural of the same, "ingresses".
const char *plural_of(struct arena *, const char *words);
