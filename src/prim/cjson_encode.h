// cjson_encode: what `encode` of require "cjson" writes: byte for byte what lua-cjson does, save
// that the members of an object are sorted, for its own order is another one in each process and
// would become another request in a plan than in the run.
#pragma once

#include <lua.h>

enum { INVALID_FAILS, INVALID_IS_WRITTEN, INVALID_IS_NULL };

// The options by the names and meanings that lua-cjson's manual gives them.
struct cjson_style {
    int convert, ratio, safe; // encode_sparse_array
    int depth;
    int precision; // significant digits
    int invalid;   // NaN and infinities
};

enum {
    CJSON_DEEPEST = 10000, // levels, whatever `depth` says: more might not fit on the C stack
    CJSON_PRECISION = 14,  // the most, and the default
};

// Pushes the text of the value at `index`. Raises a Lua error in lua-cjson's words, a failure where
// the value is an unknown answer of a plan, where time is up or where memory does not suffice.
int cjson_encode(lua_State *L, int index, const struct cjson_style *style);
