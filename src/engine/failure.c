#include "engine/failure.h"

#include <lauxlib.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/quote.h"
#include "engine/run.h"

static const char metatable[] = "runbook.failure";

static int failure_tostring(lua_State *L)
{
    lua_getfield(L, 1, "text");
    return 1;
}

void failure_open(lua_State *L)
{
    luaL_newmetatable(L, metatable);
    lua_pushcfunction(L, failure_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

// Chunks of the author are named "@path"; ours "=[runbook.x]", which nobody wants to be sent to.
const char *failure_where(lua_State *L)
{
    lua_Debug frame;
    for (int level = 0; lua_getstack(L, level, &frame); level++) {
        lua_getinfo(L, "Sl", &frame);
        if (frame.source[0] == '@' && frame.currentline > 0)
            return lua_pushfstring(L, "%s:%d", frame.source + 1, frame.currentline);
    }
    return lua_pushliteral(L, "");
}

void failure_push(lua_State *L, const char *kind, const char *text, const char *where,
                  const char *detail)
{
    lua_createtable(L, 0, 4);
    lua_pushstring(L, kind);
    lua_setfield(L, -2, "kind");
    lua_pushstring(L, text);
    lua_setfield(L, -2, "text");
    lua_pushstring(L, where);
    lua_setfield(L, -2, "where");
    lua_pushstring(L, detail); // NULL is nil
    lua_setfield(L, -2, "detail");
    luaL_setmetatable(L, metatable);
}

void failure_adopt(lua_State *L)
{
    luaL_setmetatable(L, metatable);
}

int failure_raise_detail(lua_State *L, const char *kind, const char *text, const char *detail)
{
    failure_push(L, kind, text, failure_where(L), detail);
    lua_error(L);
    abort(); // lua_error does not return, but does not say so either
}

// Pushes the text, which is as long as what it quotes. Lua owns it: a longjmp follows.
static const char *push_text(lua_State *L, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    luaL_Buffer b;
    char *room = luaL_buffinitsize(L, &b, (size_t)(len < 0 ? 0 : len) + 1);
    *room = '\0';
    vsnprintf(room, (size_t)(len < 0 ? 0 : len) + 1, format, again);
    va_end(again);
    luaL_pushresultsize(&b, (size_t)(len < 0 ? 0 : len));
    return lua_tostring(L, -1);
}

int failure_raise(lua_State *L, const char *kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = push_text(L, format, args);
    va_end(args);
    failure_raise_detail(L, kind, text, NULL);
}

int failure_raise_error(lua_State *L, const char *kind, const char *what, struct error *err)
{
    const char *text =
        lua_pushfstring(L, "%s%s%s", what ? what : "", what ? ": " : "", error_text(err));
    error_free(err);
    failure_raise_detail(L, kind, text, NULL);
}

// The string at `index`, neither endless nor with anything that would hide the rest of it.
static const char *legible(lua_State *L, int index, struct arena *a)
{
    size_t len;
    const char *text = lua_tolstring(L, index, &len);
    return quote(run_of(L), a, text, len, CLIP_TEXT, QUOTE_FAILURE);
}

static struct value *read_field(lua_State *L, int index, const char *name, struct arena *a)
{
    lua_pushstring(L, name);
    lua_rawget(L, index);
    struct value *v = value_string(a, lua_type(L, -1) == LUA_TSTRING ? legible(L, -1, a) : NULL);
    lua_pop(L, 1);
    return v;
}

// True for what failure_push made; an author's own table says nothing about the engine.
static bool is_ours(lua_State *L, int index)
{
    if (!lua_getmetatable(L, index))
        return false;
    luaL_getmetatable(L, metatable);
    bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same;
}

static struct value *read_table(lua_State *L, int index, struct arena *a)
{
    static const char *const fields[] = {"kind", "text", "where", "detail"};
    struct value *v = value_object(a);
    for (size_t i = 0; i < 4; i++)
        value_set(a, v, fields[i], read_field(L, index, fields[i], a));
    if (!is_ours(L, index))
        value_set(a, v, "kind", value_string(a, FAILURE_ERROR));
    if (*value_get_text(v, "kind") == '\0')
        value_set(a, v, "kind", value_string(a, FAILURE_ERROR));
    if (*value_get_text(v, "text") == '\0')
        value_set(a, v, "text", value_string(a, "the runbook raised a table as its error"));
    return v;
}

// Splits "path/file.lua:12: text": the position is what stands before the first ": " after
// ":digits".
static size_t position_length(const char *text)
{
    for (const char *colon = strchr(text, ':'); colon; colon = strchr(colon + 1, ':')) {
        size_t digits = strspn(colon + 1, "0123456789");
        if (digits && strncmp(colon + 1 + digits, ": ", 2) == 0)
            return (size_t)(colon + 1 + digits - text);
    }
    return 0;
}

static struct value *read_text(const char *text, struct arena *a)
{
    size_t len = strchr(text, '\n') ? 0 : position_length(text);
    bool ours = text[0] == '['; // a line of our own files is no place to send anybody to
    struct value *v = value_object(a);
    value_set(a, v, "kind", value_string(a, FAILURE_ERROR));
    value_set(a, v, "text", value_string(a, len ? text + len + 2 : text));
    value_set(a, v, "where", value_bytes(a, text, ours ? 0 : len));
    value_set(a, v, "detail", value_null(a));
    return v;
}

struct value *failure_read(lua_State *L, int index, struct arena *a)
{
    index = lua_absindex(L, index);
    switch (lua_type(L, index)) {
    case LUA_TTABLE:
        return read_table(L, index, a);
    case LUA_TSTRING:
        return read_text(legible(L, index, a), a);
    default:
        return read_text(
            arena_printf(a, "the runbook raised a %s as its error", luaL_typename(L, index)), a);
    }
}
