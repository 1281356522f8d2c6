// fault: what can be made to go wrong in a world, by name.
#pragma once

#include "world/world.h"

// [ { name, help, weight (false when off) } ], sorted by name. NULL with `err` set when the file's
// table of faults is not plain data.
struct value *fault_list(struct world *, struct arena *, struct error *err);
// Switches one: `weight` is a number or true; false, null or NULL switch it off. False with `err`
// listing those that exist when there is none of that name.
bool fault_set(struct world *, const char *name, const struct value *weight, struct error *err);
