// body: what a write sends, by verb and kind of patch.
#pragma once

#include "base/buf.h"
#include "kube/client.h"
#include "kube/discovery.h"

// Appends the body as JSON and sets its type; nothing and NULL for a verb that has none.
void kube_body_write(struct arena *, struct buf *, const struct kube_request *,
                     const struct kube_resource *, const char **content_type);
