#include "engine/outline.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/budget.h"
#include "engine/convert.h"
#include "engine/failure.h"
#include "engine/fiber.h"
#include "engine/quote.h"
#include "engine/source.h"
#include "engine/state.h"

enum { LINE_BYTES = 200 }; // of source, below a failure

static const char *field_text(lua_State *L, const char *name, struct arena *a)
{
    lua_getfield(L, -1, name);
    const char *text = lua_tostring(L, -1);
    char *copy = text ? arena_dup(a, text) : NULL;
    lua_pop(L, 1);
    return copy;
}

static double field_number(lua_State *L, const char *name)
{
    lua_getfield(L, -1, name);
    double n = lua_tonumber(L, -1);
    lua_pop(L, 1);
    return n;
}

static int field_function(lua_State *L, const char *name)
{
    lua_getfield(L, -1, name);
    if (lua_isfunction(L, -1))
        return luaL_ref(L, LUA_REGISTRYINDEX);
    lua_pop(L, 1);
    return LUA_NOREF;
}

static void read_step(lua_State *L, struct arena *a, const struct phase *phase, struct step *s)
{
    s->name = field_text(L, "name", a);
    s->help = field_text(L, "help", a);
    s->where = field_text(L, "where", a);
    s->lasting = field_text(L, "lasting", a);
    s->phase = phase;
    s->action = field_function(L, "action");
    lua_getfield(L, -1, "undo");
    s->undo_identity = lua_topointer(L, -1);
    lua_pop(L, 1);
    s->undo = field_function(L, "undo");
    s->when = field_function(L, "when");
    s->before = field_function(L, "before");
    s->timeout_ms = (int64_t)(field_number(L, "timeout") * 1000);
    s->attempts = (int)field_number(L, "attempts");
    s->backoff_ms = (int64_t)(field_number(L, "backoff") * 1000);
    s->selected = true;
}

static void read_phase(lua_State *L, struct arena *a, struct phase *p)
{
    p->name = field_text(L, "name", a);
    p->help = field_text(L, "help", a);
    p->where = field_text(L, "where", a);
    const char *on_failure = field_text(L, "on_failure", a);
    p->on_failure = strcmp(on_failure, "rollback") == 0   ? ON_FAILURE_ROLLBACK
                    : strcmp(on_failure, "continue") == 0 ? ON_FAILURE_CONTINUE
                                                          : ON_FAILURE_HALT;
    lua_getfield(L, -1, "keep_going");
    p->keep_going = lua_toboolean(L, -1);
    lua_pop(L, 1);
    p->selected = true;
    lua_getfield(L, -1, "steps");
    p->count = (int)lua_rawlen(L, -1);
    p->steps = arena_alloc(a, (size_t)p->count * sizeof *p->steps);
    for (int i = 0; i < p->count; i++) {
        lua_rawgeti(L, -1, i + 1);
        read_step(L, a, p, &p->steps[i]);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

// With what the file returned on top of the stack, which is no runbook. Does not return.
static int refuse(lua_State *L, const char *file)
{
    bool world = lua_istable(L, -1) && lua_getfield(L, -1, "listen") == LUA_TTABLE &&
                 lua_getfield(L, -2, "handle") == LUA_TTABLE;
    if (world)
        return failure_raise(L, FAILURE_USAGE,
                             "this is a world and no runbook; `runbook sandbox %s` serves it, and "
                             "`runbook plan RUNBOOK.lua --world %s` plans against it",
                             file, file);
    return failure_raise(L, FAILURE_USAGE,
                         "the file does not return a runbook; it should end with "
                         "`return runbook { name = \"...\", phase ... }`");
}

// Runs protected: (text, chunk name, outline, arena). Loads the file, runs it, reads what it
// returns.
static int load_protected(lua_State *L)
{
    struct outline *out = lua_touserdata(L, 3);
    struct arena *a = lua_touserdata(L, 4);
    state_push(L, "load");
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    lua_call(L, 2, 2); // function, or nil and a message
    if (lua_isnil(L, -2))
        return lua_error(L);
    lua_pop(L, 1);
    lua_call(L, 0, 1);
    state_push(L, "outline");
    lua_pushvalue(L, -2);
    lua_call(L, 1, 1); // what the token stands for
    if (!lua_istable(L, -1)) {
        lua_pop(L, 1);
        return refuse(L, out->file);
    }
    lua_getfield(L, -1, "phases");
    out->count = (int)lua_rawlen(L, -1);
    out->phases = arena_alloc(a, (size_t)out->count * sizeof *out->phases);
    for (int i = 0; i < out->count; i++) {
        lua_rawgeti(L, -1, i + 1);
        read_phase(L, a, &out->phases[i]);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    out->name = field_text(L, "name", a);
    out->summary = field_text(L, "summary", a);
    out->target = field_text(L, "target", a);
    out->lease = field_text(L, "lease", a);
    error_local(err);
    lua_getfield(L, -1, "allow");
    if (!lua_isnil(L, -1))
        out->allow = convert_read(L, -1, a, &err);
    lua_pop(L, 1);
    lua_getfield(L, -1, "params");
    out->params = convert_read(L, -1, a, &err);
    if (out->params == NULL)
        return failure_raise_error(L, FAILURE_USAGE, "params", &err);
    return 0;
}

// Does `where` ("file:12") name the file? Lua shortens a long path to "...its/end.lua".
static bool is_of_file(const char *where, size_t len, const char *file)
{
    size_t file_len = strlen(file);
    bool cut = len > 3 && strncmp(where, "...", 3) == 0;
    const char *tail = cut ? where + 3 : where;
    size_t tail_len = cut ? len - 3 : len;
    return (cut ? tail_len <= file_len : tail_len == file_len) &&
           memcmp(tail, file + file_len - tail_len, tail_len) == 0;
}

// "file.lua:12: text" and the line itself below it.
static bool explain(const struct run *run, struct arena *a, const struct value *failure,
                    const char *file, const char *text, struct error *err)
{
    const char *where = value_get_text(failure, "where");
    const char *colon = strrchr(where, ':');
    if (colon == NULL || !is_of_file(where, (size_t)(colon - where), file))
        return error_set(err, "%s: %s", *where ? where : file, value_get_text(failure, "text"));
    const char *whole = source_cut(a, text, atoi(colon + 1));
    const char *line = quote(run, a, whole, strlen(whole), CLIP_LINE, LINE_BYTES);
    return error_set(err, "%s%s: %s%s%s", file, colon, value_get_text(failure, "text"),
                     *line ? "\n    " : "", line);
}

bool outline_load(lua_State *L, const char *file, const struct buf *text, struct arena *a,
                  struct outline *out, struct error *err)
{
    char *start = arena_copy(a, buf_text(text), text->len);
    if (text->len > 1 && start[0] == '#' && start[1] == '!')
        start[0] = start[1] = '-'; // a comment, so that the lines keep their numbers
    out->file = arena_dup(a, file);
    int top = lua_gettop(L);
    if (text->len > 2 && memcmp(start, "\xef\xbb\xbf", 3) == 0)
        memset(start, ' ', 3); // a byte order mark says nothing
    lua_pushcfunction(L, load_protected);
    lua_pushlstring(L, start, text->len);
    lua_pushfstring(L, "@%s", file);
    lua_pushlightuserdata(L, out);
    lua_pushlightuserdata(L, a);
    budget_enter(run_of(L));
    bool ok = lua_pcall(L, 4, 0, 0) == LUA_OK;
    budget_leave(run_of(L));
    if (!ok)
        explain(run_of(L), a, failure_read(L, -1, a), file, start, err);
    lua_settop(L, top);
    return ok;
}

const struct step *outline_step(const struct outline *o, const char *name)
{
    for (int p = 0; p < o->count; p++)
        for (int i = 0; i < o->phases[p].count; i++)
            if (strcmp(o->phases[p].steps[i].name, name) == 0)
                return &o->phases[p].steps[i];
    return NULL;
}

bool outline_step_is(const struct step *s, const char *name)
{
    size_t len = strlen(s->phase->name);
    bool qualified = strncmp(name, s->phase->name, len) == 0 && name[len] == '/';
    return strcmp(s->name, qualified ? name + len + 1 : name) == 0;
}

bool outline_has_step(const struct outline *o, const char *name, const char *flag,
                      struct error *err)
{
    for (int p = 0; p < o->count; p++)
        for (int s = 0; s < o->phases[p].count; s++)
            if (outline_step_is(&o->phases[p].steps[s], name))
                return true;
    return error_set(err, "%s: %s has no step '%s'; `runbook check %s` lists its steps", flag,
                     o->name, name, o->file);
}

static bool find_phase(const struct outline *o, const char *name, struct error *err)
{
    struct buf all = {0};
    for (int p = 0; p < o->count; p++) {
        if (strcmp(o->phases[p].name, name) == 0) {
            buf_free(&all);
            return true;
        }
        buf_printf(&all, "%s%s", p ? ", " : "", o->phases[p].name);
    }
    error_set(err, "%s has no phase '%s'; it has %s", o->name, name, buf_text(&all));
    buf_free(&all);
    return false;
}

static bool phase_named(const struct phase *p, const char *const *names)
{
    if (names == NULL || *names == NULL)
        return true;
    for (; *names; names++)
        if (strcmp(*names, p->name) == 0)
            return true;
    return false;
}

bool outline_select(struct outline *o, const char *const *phases, const char *from,
                    const char *only, struct error *err)
{
    for (const char *const *name = phases; name && *name; name++)
        if (!find_phase(o, *name, err))
            return false;
    if ((from && !outline_has_step(o, from, "--from", err)) ||
        (only && !outline_has_step(o, only, "--only", err)))
        return false;
    bool reached = from == NULL, any = false;
    for (int p = 0; p < o->count; p++) {
        struct phase *phase = &o->phases[p];
        phase->selected = false;
        for (int i = 0; i < phase->count; i++) {
            struct step *s = &phase->steps[i];
            reached = reached || outline_step_is(s, from);
            s->selected =
                phase_named(phase, phases) && reached && (!only || outline_step_is(s, only));
            phase->selected = phase->selected || s->selected;
        }
        any = any || phase->selected;
    }
    return any || error_set(err,
                            "nothing of %s is left to run: the phases, --from and --only that were "
                            "given have no step in common",
                            o->name);
}
