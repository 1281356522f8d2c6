// header: what an author's headers may be. Where a message ends and how its connection is used is
// the client's to say: who could say it beside the client, could put a second request into the body
// of one that was permitted.
#pragma once

#include <lua.h>

#include "engine/effect.h"

// Is `name` the header `known`, which is written in lower case with dashes? Servers that hand
// headers on as variables make one sign of a dash, '_' and whatever else is no letter or digit.
bool header_is(const char *name, const char *known);
// The same for any of `known`, which ends with NULL.
bool header_is_any(const char *name, const char *const *known);
// The value of a header as it is sent; "" of what is neither text nor a whole number.
const char *header_text(struct arena *, const struct value *);
// Raises a usage failure unless each of e->args.headers is one line with a proper name, and none is
// the client's own.
void header_check(lua_State *L, const struct effect *e);
