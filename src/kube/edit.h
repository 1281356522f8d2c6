// edit: the JSON Patch (RFC 6902) that makes one object of another and touches nothing else, so
// that what nobody changed stays as the server has it, to the byte.
#pragma once

#include "base/value.h"

// Lists the operations, none where the two are equal. Both are objects.
struct value *kube_edit(struct arena *, const struct value *before, const struct value *after);
