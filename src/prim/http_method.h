// http_method: what a request does by its method, and by what may take the place of that.
#pragma once

#include <lua.h>

#include "engine/effect.h"

// Sets e->access, and e->args.method in capitals; takes `reads` out of e->args. A request is a read
// when its method and `others`, those that may take its place, only ask, and it has no body: what a
// server does with one that a GET, HEAD or OPTIONS brings is not said anywhere. `reads` is the
// author's word for it. Raises a usage failure for a method that is none, or never a read. Returns
// the method.
const char *http_method_read(lua_State *L, struct effect *e, const struct value *others);
// Is it one that has no body and asks?
bool http_method_is_safe(const char *method);
