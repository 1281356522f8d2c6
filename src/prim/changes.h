// changes: what differs between two objects, for people.
#pragma once

#include "base/value.h"

struct run;

// Lists the fields that differ as [ { path, old, new } ] in the arena, without those that a server
// keeps for itself (managedFields, resourceVersion, generation, uid). Either side may be NULL or
// VALUE_NULL: not there. At most 60 rows. Of a `secret` (a Kubernetes Secret) it shows which keys
// differ, and "***" for their values.
struct value *changes_between(const struct run *run, struct arena *a, const struct value *old,
                              const struct value *new, bool secret);
// Lists the leaves of a merge patch in the same form; what stands there now is not known.
struct value *changes_named(const struct run *run, struct arena *a, const struct value *patch,
                            bool secret);
// The arguments of a write of a Secret, without what it holds: "***" for each value.
struct value *changes_veiled(struct arena *a, const struct value *args);
// `target` with an RFC 7396 merge patch applied, in the arena.
struct value *changes_merge(struct arena *a, const struct value *target, const struct value *patch);
// The RFC 7396 merge patch that makes `to` of `from`, in the arena.
struct value *changes_patch(struct arena *a, const struct value *from, const struct value *to);
