// pure: what the nouns without effects share: arguments that are text or plain data, and text as
// the answer. They may be used anywhere, also while a file loads.
#pragma once

#include <lua.h>

#include "base/buf.h"
#include "base/value.h"

// The text at `index`. Raises a usage failure that names the function `what` when it is something
// else; the unknown answer of a plan raises its own failure.
const char *pure_text(lua_State *L, int index, const char *what, size_t *len);
// What stands at `index` as plain data; raises as above. *a becomes the arena that it lives in,
// until the calling C function returns or fails.
struct value *pure_value(lua_State *L, int index, const char *what, struct arena **a);
// Frees the buffer and pushes what it held, by way of the arena; returns 1.
int pure_push(lua_State *L, struct arena *a, struct buf *text);
