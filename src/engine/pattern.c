#include "engine/pattern.h"

#include <ctype.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

#include "engine/match.h"
#include "engine/state.h"

// Pushes capture i, or the whole from s to e when the pattern has none.
static void push_capture(const struct match *m, int i, const char *s, const char *e)
{
    if (i >= m->count) {
        if (i != 0)
            luaL_error(m->L, "invalid capture index %%%d in replacement string", i + 1);
        lua_pushlstring(m->L, s, (size_t)(e - s));
        return;
    }
    const struct capture *c = &m->captures[i];
    if (c->len == CAPTURE_OPEN)
        luaL_error(m->L, "unfinished capture");
    if (c->len == CAPTURE_POSITION)
        lua_pushinteger(m->L, c->start - m->text + 1);
    else
        lua_pushlstring(m->L, c->start, (size_t)c->len);
}

// Pushes all captures; the whole when there are none and s is not NULL.
static int push_captures(const struct match *m, const char *s, const char *e)
{
    int count = m->count == 0 && s ? 1 : m->count;
    luaL_checkstack(m->L, count, "too many captures");
    for (int i = 0; i < count; i++)
        push_capture(m, i, s, e);
    return count;
}

static struct match match_of(lua_State *L, const char **pattern)
{
    size_t len, pattern_len;
    const char *text = luaL_checklstring(L, 1, &len);
    *pattern = luaL_checklstring(L, 2, &pattern_len);
    state_charge(L, len);
    return (struct match){
        .L = L, .text = text, .end = text + len, .pattern_end = *pattern + pattern_len};
}

// Where to begin by argument `index`, from 1, negative from the end; NULL when it is past the end.
static const char *start_of(lua_State *L, const struct match *m, int index)
{
    lua_Integer at = luaL_optinteger(L, index, 1), len = m->end - m->text;
    if (at < 0)
        at = at < -len ? 1 : len + at + 1;
    else if (at == 0)
        at = 1;
    return at > len + 1 ? NULL : m->text + at - 1;
}

static int find_plain(lua_State *L, const struct match *m, const char *s, const char *word)
{
    size_t len = (size_t)(m->pattern_end - word);
    const char *found = len ? memmem(s, (size_t)(m->end - s), word, len) : s;
    if (!found) {
        luaL_pushfail(L);
        return 1;
    }
    lua_pushinteger(L, found - m->text + 1);
    lua_pushinteger(L, found - m->text + (lua_Integer)len);
    return 2;
}

static bool is_plain(const char *p, const char *end)
{
    while (p < end && (*p == '\0' || !strchr("^$*+?.([%-", *p)))
        p++;
    return p == end;
}

static int search(lua_State *L, bool find)
{
    const char *pattern;
    struct match m = match_of(L, &pattern);
    const char *s = start_of(L, &m, 3);
    if (!s) {
        luaL_pushfail(L);
        return 1;
    }
    if (find && (lua_toboolean(L, 4) || is_plain(pattern, m.pattern_end)))
        return find_plain(L, &m, s, pattern);
    bool anchored = pattern < m.pattern_end && *pattern == '^';
    do {
        const char *e = match_at(&m, s, pattern + anchored);
        if (e && find) {
            lua_pushinteger(L, s - m.text + 1);
            lua_pushinteger(L, e - m.text);
            return push_captures(&m, NULL, NULL) + 2;
        }
        if (e)
            return push_captures(&m, s, e);
    } while (s++ < m.end && !anchored);
    luaL_pushfail(L);
    return 1;
}

static int pattern_find(lua_State *L)
{
    return search(L, true);
}

static int pattern_match(lua_State *L)
{
    return search(L, false);
}

// Upvalues: text, pattern, where to go on, where the last match ended (0: none), both from 1.
static int next_match(lua_State *L)
{
    const char *pattern;
    lua_settop(L, 0);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, lua_upvalueindex(2));
    struct match m = match_of(L, &pattern);
    const char *last = m.text + lua_tointeger(L, lua_upvalueindex(4)) - 1;
    for (const char *s = m.text + lua_tointeger(L, lua_upvalueindex(3)) - 1; s <= m.end; s++) {
        const char *e = match_at(&m, s, pattern);
        if (!e || e == last)
            continue;
        lua_pushinteger(L, e - m.text + 1);
        lua_copy(L, -1, lua_upvalueindex(3));
        lua_replace(L, lua_upvalueindex(4));
        return push_captures(&m, s, e);
    }
    lua_pushinteger(L, m.end - m.text + 2); // nothing more, also when asked again
    lua_replace(L, lua_upvalueindex(3));
    return 0;
}

static int pattern_gmatch(lua_State *L)
{
    const char *pattern;
    struct match m = match_of(L, &pattern);
    const char *s = start_of(L, &m, 3);
    lua_settop(L, 2);
    lua_pushinteger(L, s ? s - m.text + 1 : m.end - m.text + 2);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, next_match, 4);
    return 1;
}

// Appends the replacement text, with %0 to %9 filled in.
static void add_text(const struct match *m, luaL_Buffer *b, const char *s, const char *e)
{
    size_t len;
    const char *text = lua_tolstring(m->L, 3, &len), *end = text + len;
    for (const char *percent; (percent = memchr(text, '%', (size_t)(end - text)));
         text = percent + 2) {
        int c = percent + 1 < end ? (unsigned char)percent[1] : '\0';
        luaL_addlstring(b, text, (size_t)(percent - text));
        if (c == '%') {
            luaL_addchar(b, '%');
        } else if (c == '0') {
            luaL_addlstring(b, s, (size_t)(e - s));
        } else if (isdigit(c)) {
            push_capture(m, c - '1', s, e);
            luaL_tolstring(m->L, -1, NULL);
            lua_remove(m->L, -2);
            luaL_addvalue(b);
        } else {
            luaL_error(m->L, "invalid use of '%%' in replacement string");
        }
    }
    luaL_addlstring(b, text, (size_t)(end - text));
}

// Appends what takes the place of the match from s to e.
static void add_replacement(const struct match *m, luaL_Buffer *b, const char *s, const char *e)
{
    lua_State *L = m->L;
    int type = lua_type(L, 3);
    if (type == LUA_TSTRING || type == LUA_TNUMBER) {
        add_text(m, b, s, e);
        return;
    }
    if (type == LUA_TFUNCTION) {
        lua_pushvalue(L, 3);
        lua_call(L, push_captures(m, s, e), 1);
    } else {
        push_capture(m, 0, s, e);
        lua_gettable(L, 3);
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        luaL_addlstring(b, s, (size_t)(e - s));
    } else if (!lua_isstring(L, -1)) {
        luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    } else {
        luaL_addvalue(b);
    }
}

static int pattern_gsub(lua_State *L)
{
    const char *pattern, *last = NULL;
    struct match m = match_of(L, &pattern);
    int type = lua_type(L, 3);
    luaL_argexpected(L,
                     type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION ||
                         type == LUA_TTABLE,
                     3, "string/function/table");
    lua_Integer most = luaL_optinteger(L, 4, m.end - m.text + 1), count = 0;
    bool anchored = pattern < m.pattern_end && *pattern == '^';
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    const char *s = m.text;
    while (count < most) {
        const char *e = match_at(&m, s, pattern + anchored);
        if (e && e != last) {
            count++;
            add_replacement(&m, &b, s, e);
            s = last = e;
        } else if (s < m.end) {
            luaL_addchar(&b, *s++);
        } else {
            break;
        }
        if (anchored)
            break;
    }
    luaL_addlstring(&b, s, (size_t)(m.end - s));
    luaL_pushresult(&b);
    lua_pushinteger(L, count);
    return 2;
}

void pattern_push(lua_State *L)
{
    static const luaL_Reg functions[] = {{"find", pattern_find},
                                         {"match", pattern_match},
                                         {"gmatch", pattern_gmatch},
                                         {"gsub", pattern_gsub},
                                         {NULL, NULL}};
    luaL_newlib(L, functions);
}
