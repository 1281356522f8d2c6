// path: where in the API an object or a collection stands, percent-encoded.
#pragma once

#include "base/buf.h"
#include "kube/discovery.h"

// Appends "/api/VERSION" for the core group "", else "/apis/GROUP/VERSION".
void kube_path_version(struct buf *, const char *group, const char *version);

// Appends the path of a type's collection, and of one object when `name` is given. `namespace` is
// left out when NULL or when the type has none; `subresource` may be NULL.
void kube_path_object(struct buf *, const struct kube_resource *, const char *namespace,
                      const char *name, const char *subresource);

// Appends "?name=value" or "&name=value", whichever fits; nothing when value is NULL or "".
void kube_path_query(struct buf *, const char *name, const char *value);
