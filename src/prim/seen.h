// seen: as which requests a server may see one: not by its first line alone, but also by headers
// that name another method, host or path. Each of them is judged as the request that it may become.
#pragma once

#include <lua.h>

#include "engine/effect.h"

// Raises a usage failure when a header that names a host holds something else, or when the headers
// of e->args name more hosts and paths than anybody could judge.
void seen_check(lua_State *L, struct effect *e);
// Adds what a request of this kind ("http", with its method; "metrics", without one) to the URL
// touches: the request itself first. The headers of e->args go with it where the URL is of the
// origin of the effect's own.
void seen_needs(struct effect *e, const char *kind, const char *method, const char *url);
// The first header that names another path, or NULL.
const char *seen_path(const struct effect *e);
