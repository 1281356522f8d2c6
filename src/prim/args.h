// args: what an author passed to a primitive, checked and turned into an effect's arguments.
#pragma once

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/effect.h"
#include "prim/arg.h"

// Reads the options table at `index` (nil: an empty one) into e->args and checks it against the
// table of options, see arg.h. Takes `assume` out into e->assume, `varies` into e->varies, `label`
// into e->summary and `quiet` into e->quiet. `what` names the primitive in messages. Raises a usage
// failure.
void args_read(lua_State *L, int index, struct effect *e, const char *what,
               const struct args *table);

// A field as text, or NULL when absent; raises when it is something else.
const char *args_text(lua_State *L, const struct effect *e, const char *name);
// A length of time in milliseconds, or `fallback`; accepts "15m" and numbers of seconds.
int64_t args_ms(lua_State *L, const struct effect *e, const char *name, int64_t fallback);
// A number of bytes: an integer, or text such as "10MB" (powers of 1024).
int64_t args_bytes(lua_State *L, const struct effect *e, const char *name, int64_t fallback);
int64_t args_int(lua_State *L, const struct effect *e, const char *name, int64_t fallback,
                 int64_t low, int64_t high);
bool args_bool(lua_State *L, const struct effect *e, const char *name, bool fallback);
// Text that may be PEM itself or name a file of it: *pem or *file is set. Raises when the named
// file cannot be read.
void args_pem(lua_State *L, const struct effect *e, const char *name, const char **pem,
              const char **file);
