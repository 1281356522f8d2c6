// libFuzzer target: require "cjson". Whatever lua-cjson decodes is encoded by us, and comes back as
// the same text; whatever our own reader takes for JSON lua-cjson decodes as well, and what is made
// of that is JSON to our reader.
#include <lauxlib.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "runbook.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MODULE = 1, TEXT, FIRST };

// Calls the module's function with what stands on top, which its result replaces; false: it failed.
static bool call(lua_State *L, const char *name)
{
    lua_getfield(L, MODULE, name);
    lua_insert(L, -2);
    return lua_pcall(L, 1, 1, 0) == LUA_OK;
}

static void complain(lua_State *L, const char *what)
{
    fprintf(stderr, "%s: %s\n%s\n", what, luaL_tolstring(L, TEXT, NULL),
            luaL_tolstring(L, -2, NULL));
    abort();
}

static void set(lua_State *L, const char *name)
{
    lua_getfield(L, MODULE, name);
    lua_pushboolean(L, true);
    lua_call(L, 1, 0);
}

static struct run *open_module(void)
{
    struct run *run = fuzz_open();
    lua_State *L = run->L;
    lua_settop(L, 0);
    prim_cjson(L);
    lua_getfield(L, -1, "cjson");
    lua_remove(L, -2);
    lua_call(L, 0, 1);
    set(L, "encode_invalid_numbers");
    return run;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct run *run;
    if (run == NULL)
        run = open_module();
    lua_State *L = run->L;
    size_t len;
    struct arena a = {0};
    const struct value *ours = json_parse(&a, (const char *)data, size, NULL);
    lua_settop(L, MODULE);
    lua_pushlstring(L, (const char *)data, size);
    lua_pushvalue(L, TEXT);
    bool mark = size > 2 && memcmp(data, "\xEF\xBB\xBF", 3) == 0; // which ours skips
    if (!call(L, "decode")) {
        if (ours && !mark)
            complain(L, "lua-cjson does not decode");
    } else {
        if (!call(L, "encode"))
            complain(L, "we do not encode");
        lua_pushvalue(L, FIRST);
        if (!call(L, "decode") || !call(L, "encode") || !lua_rawequal(L, FIRST, -1))
            complain(L, "it does not come back");
        const char *text = lua_tolstring(L, FIRST, &len);
        if (ours && json_parse(&a, text, len, NULL) == NULL)
            complain(L, "we do not read");
    }
    arena_free(&a);
    return 0;
}
