// discovery: which types a server knows, read from both discovery formats, and what people call
// them. Pure data: asking the server is resolver's part, keeping it on disk discovery_cache's.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/value.h"

// A type of the server.
struct kube_resource {
    const char *group, *version; // group "" is the core
    const char *plural, *kind;
    bool namespaced;
    // What else it is called, in lower case and without its group: words that mean it, and words
    // that mean another type of the table before it.
    const struct value *names, *shared;
};

// The table is an array of group versions in the order of preference, each
//   { group, version, resources: [ { name, singular, kind, namespaced, short: [..], verbs: [..] } ]
//   },
// where `resources` is absent while (or when) the group version could not be read.

// Appends what the answer to GET /api or /apis holds. A list of the aggregated format
// (APIGroupDiscoveryList) is complete; of the older one (APIVersions, APIGroupList) only the group
// versions are known then, and kube_discovery_fill has to follow. False with `err` when it is
// neither.
bool kube_discovery_add(struct arena *, struct value *table, const struct value *answer,
                        struct error *err);

// Appends an entry and returns it.
struct value *kube_discovery_entry(struct arena *, struct value *table, const char *group,
                                   const char *version);
// Fills in the entry's resources from the answer to its path (APIResourceList).
bool kube_discovery_fill(struct arena *, struct value *entry, const struct value *answer,
                         struct error *err);

// Parts "RESOURCE.VERSION.GROUP" ("deployments.v1.apps", "pods.v1."); false when it has not that
// form or VERSION is not one of Kubernetes' own (v1, v2beta1).
bool kube_discovery_split(struct arena *, const char *words, const char **version,
                          const char **group);

// Finds the type that `words` mean, as kubectl does: RESOURCE.VERSION.GROUP, RESOURCE.GROUP (or the
// start of a group) or RESOURCE, which may be a plural, a singular, a short name or a kind; a
// plural or singular beats a short name, that beats a kind, and among equals the earlier entry
// counts. Case does not matter. False when there is none. What is found is copied into the arena.
bool kube_discovery_find(struct arena *, const struct value *table, const char *words,
                         struct kube_resource *out);

// All types in their preferred versions, by group and name: [ { name, singular, kind, namespaced,
// short, verbs, group, version, api_version } ]. Copied into the arena.
struct value *kube_discovery_list(struct arena *, const struct value *table);
