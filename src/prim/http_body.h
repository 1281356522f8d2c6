// http_body: what a request carries: query, form, JSON or raw bytes, from plain data to the wire.
#pragma once

#include <lua.h>

#include "base/buf.h"
#include "engine/effect.h"

// Appends plain data as form fields, nested as Stripe and PHP write it: a[b][c]=1&d[0]=x. Null is
// the empty string.
void form_encode(struct buf *out, const struct value *v);
// Turns the options query, form, json and body of e->args into "url" and "body" (text), and adds
// the Content-Type where the author gave none. Raises when more than one body is given.
void http_body_read(lua_State *L, struct effect *e);
// Sets a header of the request unless the author gave one of that name.
void http_header_add(struct effect *e, const char *name, const char *text);
// What a write carries, field by field, for the diff of a plan: [ { path, old, new } ].
struct value *http_body_diff(const struct run *run, struct effect *e);
