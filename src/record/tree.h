// tree: building values that grow while a run goes on.
#pragma once

#include "base/value.h"

// Sets every member of `data` in `object`; nothing when `data` is no object.
void tree_merge(struct arena *a, struct value *object, const struct value *data);

// The list at `key` of the object, made when there is none.
struct value *tree_list(struct arena *a, struct value *object, const char *key);

// The object in `list` whose "name" this is; made, with nothing but its name, when there is none.
struct value *tree_named(struct arena *a, struct value *list, const char *name);
