#include "engine/failure.h"

#include <assert.h>
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

// The code of a failure that has none of its own.
static const char *code_of_kind(const char *kind)
{
    return strcmp(kind, FAILURE_EFFECT) == 0 ? CODE_FAILED : kind;
}

bool failure_is(const struct value *failure, const char *kind)
{
    return failure && strcmp(value_get_text(failure, "kind"), kind) == 0;
}

struct value *failure_make(struct arena *a, struct failure f)
{
    struct value *v = value_object(a);
    assert(f.kind && f.text);
    value_set(a, v, "kind", value_string(a, f.kind));
    value_set(a, v, "code", value_string(a, f.code ? f.code : code_of_kind(f.kind)));
    value_set(a, v, "text", value_string(a, f.text));
    value_set(a, v, "where", value_string(a, f.where ? f.where : ""));
    value_set(a, v, "detail", value_string(a, f.detail));
    if (f.retry_after_ms > 0)
        value_set(a, v, "retry_after", value_float(a, (double)f.retry_after_ms / 1000));
    return v;
}

static void push_field(lua_State *L, const char *name, const char *text)
{
    lua_pushstring(L, text); // NULL is nil
    lua_setfield(L, -2, name);
}

void failure_push(lua_State *L, struct failure f)
{
    lua_createtable(L, 0, 6);
    push_field(L, "kind", f.kind);
    push_field(L, "code", f.code ? f.code : code_of_kind(f.kind));
    push_field(L, "text", f.text);
    push_field(L, "where", f.where ? f.where : "");
    push_field(L, "detail", f.detail);
    if (f.retry_after_ms > 0) {
        lua_pushnumber(L, (lua_Number)f.retry_after_ms / 1000);
        lua_setfield(L, -2, "retry_after");
    }
    luaL_setmetatable(L, metatable);
}

void failure_adopt(lua_State *L)
{
    luaL_setmetatable(L, metatable);
}

int failure_raise_as(lua_State *L, struct failure f)
{
    f.where = failure_where(L);
    failure_push(L, f);
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
    failure_raise_as(L, (struct failure){.kind = kind, .text = text});
}

int failure_raise_error(lua_State *L, const char *kind, const char *what, struct error *err)
{
    const char *text =
        lua_pushfstring(L, "%s%s%s", what ? what : "", what ? ": " : "", error_text(err));
    error_free(err);
    failure_raise_as(L, (struct failure){.kind = kind, .text = text});
}

// The string at `index`, neither endless nor with anything that would hide the rest of it.
static const char *legible(lua_State *L, int index, struct arena *a)
{
    size_t len;
    const char *text = lua_tolstring(L, index, &len);
    return quote(run_of(L), a, text, len, CLIP_TEXT, QUOTE_FAILURE);
}

// The text of a field of the table, NULL when it has none.
static const char *field_text(lua_State *L, int index, const char *name, struct arena *a)
{
    lua_pushstring(L, name);
    lua_rawget(L, index);
    const char *text = NULL;
    if (lua_type(L, -1) == LUA_TSTRING)
        text = arena_dup(a, legible(L, -1, a));
    lua_pop(L, 1);
    return text;
}

// In milliseconds; 0 when there is none.
static int64_t field_retry_after(lua_State *L, int index)
{
    lua_pushstring(L, "retry_after");
    lua_rawget(L, index);
    lua_Number seconds = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : 0;
    lua_pop(L, 1);
    return seconds > 0 && seconds < 4e8 ? (int64_t)(seconds * 1000) : 0;
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
    bool ours = is_ours(L, index);
    const char *kind = field_text(L, index, "kind", a), *text = field_text(L, index, "text", a);
    return failure_make(
        a, (struct failure){
               .kind = ours && kind && *kind ? kind : FAILURE_ERROR,
               .code = ours ? field_text(L, index, "code", a) : NULL,
               .text = text && *text ? text : "the runbook raised a table as its error",
               .where = field_text(L, index, "where", a),
               .detail = field_text(L, index, "detail", a),
               .retry_after_ms = ours ? field_retry_after(L, index) : 0,
           });
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
    return failure_make(a, (struct failure){.kind = FAILURE_ERROR,
                                            .text = len ? text + len + 2 : text,
                                            .where = ours ? "" : arena_copy(a, text, len)});
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
