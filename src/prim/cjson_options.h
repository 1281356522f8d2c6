// cjson_options: the settings of a cjson, and the functions that look at them and change them.
#pragma once

#include <lauxlib.h>
#include <stdbool.h>
#include <stdint.h>

#include "prim/cjson_encode.h"

struct cjson_settings {
    struct cjson_style style;
    int decode_depth;
    int decode_invalid; // NaN, infinities and hexadecimal numbers are read
    int keep_buffer;    // says nothing here
};

// A module table's own. One that `require` gives is everybody's: what a step sets in it holds until
// the step ends, so that a run that goes on after it, and does not do it again, has the same
// settings.
struct cjson {
    struct cjson_settings now, at_load;
    uint64_t turn; // of the run, that `now` is of
    bool shared;
    bool safe;                  // nil and a text in place of an error
    struct cjson_settings told; // to lua-cjson's instance, the user value
};

// lua-cjson's own.
extern const struct cjson_settings cjson_defaults;
// That of the function that runs, its first upvalue, with the settings that hold now.
struct cjson *cjson_self(lua_State *L);
// The functions by their names; ends with a NULL name.
extern const luaL_Reg cjson_options[];
