// Our matcher of Lua's patterns against Lua's own: whatever the text and the pattern, both give the
// same, or both refuse.
#include <criterion/criterion.h>
#include <lauxlib.h>
#include <lualib.h>

#include "engine/mode.h"
#include "engine/pattern.h"
#include "engine/run.h"
#include "net/loop.h"

enum { ROUNDS = 60000 };

static struct loop *loop;
static struct run *run;
static struct run_options options;

static void make(void)
{
    error_local(err);
    loop = loop_new();
    run = run_new(loop, NULL, &options, &mode_live, NULL, &err);
    luaL_openlibs(run->L);
    pattern_push(run->L);
    lua_setglobal(run->L, "ours");
}

static void end(void)
{
    run_free(run);
    loop_free(loop);
}

TestSuite(pattern, .init = make, .fini = end);

static void expect(const char *chunk)
{
    bool ok = luaL_dostring(run->L, chunk) == LUA_OK;
    cr_assert(ok, "%s", lua_tostring(run->L, -1));
}

static const char same[] =
    "local function shown(...)\n"
    "    local t = table.pack(...)\n"
    "    for i = 1, t.n do t[i] = ('%s %q'):format(math.type(t[i]) or type(t[i]), t[i]) end\n"
    "    return table.concat(t, ', ')\n"
    "end\n"
    "local function all(f, ...)\n"
    "    local out = {}\n"
    "    for a, b, c in f(...) do out[#out + 1] = shown(a, b, c) end\n"
    "    return table.concat(out, '; ')\n"
    "end\n"
    "function same(what, ...)\n"
    "    local one, two = string[what], ours[what]\n"
    "    local a, b\n"
    "    if what == 'gmatch' then\n"
    "        a, b = table.pack(pcall(all, one, ...)), table.pack(pcall(all, two, ...))\n"
    "    else\n"
    "        a, b = table.pack(pcall(one, ...)), table.pack(pcall(two, ...))\n"
    "    end\n"
    "    if a[1] ~= b[1] or a[1] and shown(table.unpack(a, 1, a.n)) ~= shown(table.unpack(b, 1, "
    "b.n))\n"
    "    then\n"
    "        error(('%s(%s): Lua gives %s, ours %s'):format(what, shown(...),\n"
    "            shown(table.unpack(a, 1, a.n)), shown(table.unpack(b, 1, b.n))), 0)\n"
    "    end\n"
    "    return a[1]\n"
    "end\n";

Test(pattern, gives_what_lua_gives)
{
    char chunk[4096];
    expect(same);
    snprintf(
        chunk, sizeof chunk,
        "math.randomseed(42)\n"
        "local pieces = { 'a', 'b', '.', '%%a', '%%d', '%%S', '%%W', '[ab]', '[^a]', '[%%w_]', "
        "'[]]', '[a-c]',\n"
        "    '[^%%s]', '*', '+', '-', '?', '(', ')', '()', '%%1', '%%2', '%%b()', '%%bxx', "
        "'%%f[a]', '%%f[%%W]',\n"
        "    '^', '$', '%%', '[', '%%.', '\\0', '-', 'x', '1', '[a-]', '[%%a-z]', '%%g', '%%x' }\n"
        "local letters = { 'a', 'b', 'c', '(', ')', ' ', '1', '.', 'x', '\\0', '\\xff', '-', 'A' "
        "}\n"
        "local function any(list, most)\n"
        "    local t = {}\n"
        "    for i = 1, math.random(0, most) do t[i] = list[math.random(#list)] end\n"
        "    return table.concat(t)\n"
        "end\n"
        "local good = 0\n"
        "for i = 1, %d do\n"
        "    local text, pattern, at = any(letters, 9), any(pieces, 7), math.random(-11, 11)\n"
        "    good = good + (same('find', text, pattern, at) and 1 or 0)\n"
        "    same('find', text, pattern, at, true)\n"
        "    same('match', text, pattern, at)\n"
        "    same('gmatch', text, pattern, at)\n"
        "    same('gsub', text, pattern, any({ '%%0', '%%1', '%%2', '%%%%', 'r', '%%' }, 3), "
        "math.random(-1, 9))\n"
        "    same('gsub', text, pattern, { a = 'A', b = false, [''] = '_', [1] = 'one' })\n"
        "    same('gsub', text, pattern, function(a, b) return b or a == 'b' and nil end)\n"
        "end\n"
        "assert(good > %d // 3, 'too few patterns are well-formed: ' .. good)\n",
        ROUNDS / 10, ROUNDS / 10);
    expect(chunk);
}

Test(pattern, refuses_what_lua_refuses)
{
    expect(same);
    expect("for _, p in ipairs { '%', '[', '[a', '[^', '[]', '(', ')', '(()', '%1', '(%1)', '%b', "
           "'%bx', '%f',\n"
           "    '%fa', '[a-%' } do same('find', 'a(b)x', p) same('gsub', 'a(b)x', p, '') end\n"
           "same('gsub', 'x', 'x', '%9') same('gsub', 'x', 'x', true) same('gsub', 'x', 'x', {}, "
           "'n')\n"
           "same('gsub', 'x', 'x', function() return {} end) same('find') same('find', {}, 'x')\n"
           "same('match', ('x'):rep(40), ('(x)'):rep(33)) same('find', 12, 1) same('gsub', 'x', "
           "'(', '')\n");
}
