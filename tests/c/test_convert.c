#include <criterion/criterion.h>
#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "engine/convert.h"

static lua_State *L;
static struct arena a;
static struct error err;

static void make(void)
{
    L = luaL_newstate();
    luaL_openlibs(L);
    convert_open(L);
    convert_push_null(L);
    lua_setglobal(L, "null");
}

static void end(void)
{
    lua_close(L);
    arena_free(&a);
}

TestSuite(convert, .init = make, .fini = end);

// What the Lua expression is as plain data, NULL when it is none.
static struct value *read_lua(const char *expression)
{
    lua_settop(L, 0);
    cr_assert_eq(luaL_dostring(L, arena_printf(&a, "return %s", expression)), LUA_OK, "%s",
                 lua_tostring(L, -1));
    error_free(&err);
    struct value *v = convert_read(L, -1, &a, &err);
    cr_assert_eq(lua_gettop(L), 1, "the stack is left as it was");
    return v;
}

static void expect_json(const char *expression, const char *json)
{
    struct buf text = {0};
    struct value *v = read_lua(expression);
    cr_assert_not_null(v, "%s: %s", expression, error_text(&err));
    json_write(&text, v, JSON_COMPACT);
    cr_assert_str_eq(buf_text(&text), json);
    buf_free(&text);
}

static void expect_refusal(const char *expression, const char *why)
{
    cr_assert_null(read_lua(expression), "%s should be refused", expression);
    cr_assert_str_eq(error_text(&err), why);
}

Test(convert, plain_data_is_read)
{
    expect_json("nil", "null");
    expect_json("null", "null");
    expect_json("true", "true");
    expect_json("3", "3");
    expect_json("3.0", "3.0");
    expect_json("math.mininteger", "-9223372036854775808");
    expect_json("'a\\0b'", "\"a\\u0000b\"");
    expect_json("{}", "{}");
    expect_json("{ 1, 'two', { 3 } }", "[1,\"two\",[3]]");
    expect_json("{ b = 1, a = { c = null } }", "{\"a\":{\"c\":null},\"b\":1}");
    expect_json("{ ab = 1, a = 2, aa = 3 }", "{\"a\":2,\"aa\":3,\"ab\":1}");
}

Test(convert, what_is_not_plain_is_refused_by_its_path)
{
    expect_refusal("print", "the value is a function, not plain data");
    expect_refusal("{ spec = { run = print } }", "spec.run is a function, not plain data");
    expect_refusal("{ list = { 1, { x = coroutine.create(print) } } }",
                   "list[2].x is a thread, not plain data");
    expect_refusal("{ n = 0/0 }", "n is NaN or infinite");
    expect_refusal("{ n = -1/0 }", "n is NaN or infinite");
    expect_refusal("{ x = { 1, a = 2 } }", "x mixes a list with named members");
    expect_refusal("{ x = { [1] = 1, [3] = 3 } }", "x[2] is missing from a list");
    expect_refusal("{ x = { [1.5] = 1 } }", "x[1] is missing from a list");
    expect_refusal("{ x = { [true] = 1 } }", "x has a key that is neither text nor a number");
    expect_refusal("(function() local t = {}; t.a = { b = t }; return t end)()",
                   "a.b contains itself");
}

Test(convert, the_same_table_twice_is_no_cycle)
{
    expect_json("(function() local t = { 1 }; return { a = t, b = t } end)()",
                "{\"a\":[1],\"b\":[1]}");
}

Test(convert, depth_is_bounded)
{
    const char *nest =
        "(function(n) local t = {}; for _ = 2, n do t = { a = t } end; return t end)";
    cr_assert_not_null(read_lua(arena_printf(&a, "%s(%d)", nest, CONVERT_MAX_DEPTH)));
    cr_assert_null(read_lua(arena_printf(&a, "%s(%d)", nest, CONVERT_MAX_DEPTH + 1)));
    cr_assert(strstr(error_text(&err), "is nested too deep"), "%s", error_text(&err));
}

Test(convert, what_is_pushed_reads_back_the_same)
{
    const char *json =
        "{\"a\":[],\"b\":{},\"c\":[null,1,2.5,\"x\\u0000\",[true]],\"d\":{\"e\":null}}";
    struct value *v = json_parse(&a, json, strlen(json), &err);
    convert_push(L, v);
    cr_assert(value_equal(convert_read(L, -1, &a, &err), v));
    cr_assert_eq(lua_gettop(L), 1);
}

Test(convert, lua_sees_arrays_null_and_whole_numbers)
{
    const char *json = "{\"list\":[],\"object\":{},\"none\":null,\"n\":3,\"f\":3.0}";
    convert_push(L, json_parse(&a, json, strlen(json), &err));
    lua_setglobal(L, "t");
    const char *script = "assert(getmetatable(t.list) == 'array' and not getmetatable(t.object))\n"
                         "assert(t.none == null and tostring(t.none) == 'null')\n"
                         "assert(math.type(t.n) == 'integer' and math.type(t.f) == 'float')\n"
                         "assert(not pcall(setmetatable, t.list, nil))";
    cr_assert_eq(luaL_dostring(L, script), LUA_OK, "%s", lua_tostring(L, -1));
    convert_push(L, NULL);
    cr_assert(lua_isnil(L, -1));
}
