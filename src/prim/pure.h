// pure: what the nouns without effects share: arguments that are text or plain data, and text as
// the answer. They may be used anywhere, also while a file loads.
#pragma once

#include <lua.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/value.h"

// The text at `index`. Raises a usage failure that names the function `what` when it is something
// else; the unknown answer of a plan raises its own failure.
const char *pure_text(lua_State *L, int index, const char *what, size_t *len);
// What stands at `index` as plain data; raises as above. *a becomes the arena that it lives in,
// until the calling C function returns or fails.
struct value *pure_value(lua_State *L, int index, const char *what, struct arena **a);
// A buffer for a text that is to be pushed: no larger than the memory that is left allows.
struct buf pure_buf(lua_State *L);
// Frees the buffer and pushes what it held, by way of the arena; returns 1. Where it is not
// `whole`, raises instead that `what` has not enough memory.
int pure_push(lua_State *L, const char *what, struct arena *a, struct buf *text, bool whole);
// Pushes a value that lives in such an arena; returns 1.
int pure_push_value(lua_State *L, struct arena *a, const struct value *v);
// Raises unless what `what` is about to make, in so many bytes of C's, has room.
void pure_room(lua_State *L, const char *what, size_t bytes);
// Raises why a text was not read into the arena of border_arena_of: `wrong` and the error, which is
// freed, or that there is no room for it.
int pure_refused(lua_State *L, const char *what, const char *wrong, const struct arena *a,
                 struct error *err) __attribute__((noreturn));
