// convert: Lua values <-> plain values. The one place that decides what of Lua is plain data.
#pragma once

#include <lua.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/value.h"

// Null in Lua is the light userdata of no address, which is cjson.null as well.
void convert_push_null(lua_State *L);
bool convert_is_null(lua_State *L, int index);
// Name in the registry of the metatable that marks a table as an array. Lua code sees it through
// getmetatable(t) == "array".
#define CONVERT_ARRAY "runbook.array"
enum { CONVERT_MAX_DEPTH = 100, CONVERT_MAX_VALUES = 4 << 20, CONVERT_MAX_BYTES = 256 << 20 };

// Prepares a state: the array metatable, and tostring(null). Call once, before the functions below.
void convert_open(lua_State *L);

// Pushes `v`; NULL becomes nil. Arrays carry the metatable CONVERT_ARRAY. May raise a Lua error
// (out of memory): call it protected.
void convert_push(lua_State *L, const struct value *v);

// Reads what stands at `index` into the arena. nil, null, booleans, numbers, strings and tables of
// these are plain. A table is an array when it is marked as one or its keys are 1..n, else an
// object: all keys are strings, members come out sorted by bytes; an empty table without the mark
// is an object. NULL with `err` set (naming the key, as in "spec.replicas is a function, not plain
// data") for anything else: functions, NaN and infinities, other keys, gaps, cycles, more than
// CONVERT_MAX_DEPTH levels, and what has more than CONVERT_MAX_VALUES values or CONVERT_MAX_BYTES
// of text when a table that stands in many places is counted in each. Reads tables raw. May raise a
// Lua error: call it protected.
struct value *convert_read(lua_State *L, int index, struct arena *a, struct error *err);
