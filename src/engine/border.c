#include "engine/border.h"

#include <lauxlib.h>
#include <string.h>

#include "base/duration.h"
#include "engine/call.h"
#include "engine/convert.h"
#include "engine/failure.h"
#include "engine/mode.h"
#include "engine/quote.h"
#include "engine/random.h"
#include "engine/results.h"
#include "engine/rule.h"
#include "engine/run.h"
#include "engine/source.h"
#include "engine/state.h"
#include "engine/unknown.h"
#include "net/fetch.h"

// engine.raise(kind, text [, where [, code [, retry_after]]]): raises a failure. Without a `code`
// of base/code.h it has that of its kind. `retry_after` is the text of such a header, or nil.
static int border_raise(lua_State *L)
{
    luaL_checkstring(L, 2);
    const char *here = failure_where(L);
    failure_push(L,
                 (struct failure){.kind = luaL_checkstring(L, 1),
                                  .text = "",
                                  .where = luaL_optstring(L, 3, here),
                                  .code = luaL_optstring(L, 4, NULL),
                                  .retry_after_ms = fetch_retry_asked(luaL_optstring(L, 5, ""))});
    lua_pushvalue(L, 2); // as it is, whatever bytes it has
    lua_setfield(L, -2, "text");
    return lua_error(L);
}

// engine.passing(failure): was nobody there to answer, or nobody able to, so that the same may have
// an answer some time later? False for what is no failure of an effect or of a check on its answer.
static int border_passing(lua_State *L)
{
    struct arena *a = border_arena(L);
    const struct value *failure = failure_read(L, 1, a);
    const char *kind = value_get_text(failure, "kind");
    bool asked = strcmp(kind, FAILURE_EFFECT) == 0 || strcmp(kind, FAILURE_CHECK) == 0;
    lua_pushboolean(L, asked && code_sense(value_get_text(failure, "code")) == CODE_IS_PASSING);
    return 1;
}

// engine.where(): "file.lua:12" of the innermost line of the author's, or "".
static int border_where(lua_State *L)
{
    failure_where(L);
    return 1;
}

static const struct {
    const char *name;
    enum event_type type;
} tellable[] = {{"check", EVENT_CHECK},
                {"gate", EVENT_GATE},
                {"log", EVENT_LOG},
                {"table", EVENT_TABLE},
                {"progress", EVENT_PROGRESS}};

// How sure a plan is of a check or a gate.
static void add_planned(const struct run *run, struct arena *a, const char *name,
                        struct value *data)
{
    const char *world = run->options->world ? "world" : NULL;
    bool known = strcmp(value_get_text(data, "verdict"), "not known") != 0;
    if (strcmp(name, "check") == 0) {
        value_set(a, data, "stale", value_bool(a, run->step_stale));
        value_set(a, data, "assumed", value_bool(a, run->step_assumed));
    } else if (strcmp(name, "gate") == 0) {
        const char *sure = !known ? "not known" : world ? "assumed" : "read live";
        value_set(a, data, "sure", value_string(a, sure));
        value_set(a, data, "basis", value_string(a, known ? world : NULL));
    }
}

// engine.tell(event, data): sends an event to the listeners.
static int border_tell(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    struct run *run = run_of(L);
    struct arena *a = border_arena(L);
    error_local(err);
    struct value *data = convert_read(L, 2, a, &err);
    if (data == NULL)
        return failure_raise_error(L, FAILURE_USAGE, name, &err);
    if (run->mode->rehearsal)
        add_planned(run, a, name, data);
    for (size_t i = 0; i < sizeof tellable / sizeof *tellable; i++)
        if (strcmp(tellable[i].name, name) == 0)
            run_tell(run, tellable[i].type, data);
    run->counts.checks += strcmp(name, "check") == 0 || strcmp(name, "gate") == 0;
    return 0;
}

// engine.planning(): true in a plan.
static int border_planning(lua_State *L)
{
    lua_pushboolean(L, run_of(L)->mode->rehearsal);
    return 1;
}

// engine.used(name): the runbook has asked for the parameter of that name.
static int border_used(lua_State *L)
{
    struct run *run = run_of(L);
    const char *name = luaL_checkstring(L, 1);
    if (run->used && !value_get(run->used, name))
        value_set(&run->arena, run->used, name, value_bool(&run->arena, true));
    return 0;
}

// engine.stale(): true in a plan once this step read something that a change not made would affect.
static int border_stale(lua_State *L)
{
    lua_pushboolean(L, run_of(L)->step_stale);
    return 1;
}

// engine.unknown(v): true when v is the unknown answer of a change not made.
static int border_unknown(lua_State *L)
{
    lua_pushboolean(L, unknown_is(L, 1));
    return 1;
}

// engine.unknown_of(text): the unknown answer of `text`, which depends on a change that was not
// made.
static int border_unknown_of(lua_State *L)
{
    return unknown_push(L, UNKNOWN_ALL, luaL_checkstring(L, 1), failure_where(L),
                        "it depends on a change that was not made");
}

// engine.duration_seconds(v): seconds out of "15m" or a number; nil when it is no length of time.
static int border_duration_seconds(lua_State *L)
{
    int64_t ms = 0;
    if (lua_type(L, 1) == LUA_TNUMBER) {
        if (lua_tonumber(L, 1) >= 0 && lua_tonumber(L, 1) < 4e8)
            lua_pushvalue(L, 1);
        else
            lua_pushnil(L);
    } else if (lua_type(L, 1) == LUA_TSTRING && duration_parse(lua_tostring(L, 1), &ms)) {
        if (ms % 1000 == 0)
            lua_pushinteger(L, ms / 1000);
        else
            lua_pushnumber(L, (double)ms / 1000);
    } else {
        lua_pushnil(L);
    }
    return 1;
}

// engine.duration_text(seconds): as people read it, "1m 30s".
static int border_duration_text(lua_State *L)
{
    char text[64];
    lua_pushstring(L, duration_format((int64_t)(luaL_checknumber(L, 1) * 1000), text, sizeof text));
    return 1;
}

// engine.array(t): marks t as an array, so that {} becomes [].
static int border_array(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    luaL_setmetatable(L, CONVERT_ARRAY);
    return 1;
}

// engine.load(module [, environment]): the function that a prelude part, a library module, or a
// file beside the runbook is; nil and a message when it is not Lua. Raises a usage failure when
// there is none.
static int border_load(lua_State *L)
{
    const char *module = luaL_checkstring(L, 1);
    lua_settop(L, 2);
    source_load(L, module);
    if (source_compile(L, module) != LUA_OK) {
        lua_pushnil(L);
        lua_insert(L, -2);
        return 2;
    }
    if (!lua_isnil(L, 2)) {
        lua_pushvalue(L, 2);
        lua_setupvalue(L, -2, 1);
    }
    return 1;
}

// engine.has(module): is there such a file beside the runbook? For a run that goes on: was it there
// when it began?
static int border_has(lua_State *L)
{
    lua_pushboolean(L, source_is_there(L, luaL_checkstring(L, 1)));
    return 1;
}

static int loading_close(lua_State *L)
{
    run_of(L)->loading--;
    return 0;
}

// engine.no_effects(fn, name): calls fn(name), which loads a module, where effects cannot wait, and
// returns its result.
static int border_no_effects(lua_State *L)
{
    lua_settop(L, 2);
    lua_newuserdatauv(L, 0, 0);
    if (luaL_newmetatable(L, "runbook.loading")) {
        lua_pushcfunction(L, loading_close);
        lua_setfield(L, -2, "__close");
    }
    lua_setmetatable(L, -2);
    lua_toclose(L, -1);
    run_of(L)->loading++;
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    lua_call(L, 1, 1);
    return 1;
}

// engine.expected(): the answer that came last is as the runbook expects it, whatever its status.
static int border_expected(lua_State *L)
{
    struct undo_deeds *deeds = &run_of(L)->undo_deeds;
    deeds->looked += deeds->refused != NULL;
    deeds->refused = NULL;
    return 0;
}

// engine.charge(n): what follows goes through so many bytes, or the like of it, in C.
static int border_charge(lua_State *L)
{
    state_charge(L, (size_t)luaL_checkinteger(L, 1));
    return 0;
}

// What masking costs: bytes of work a byte of text, and bytes that a secret and each of its own
// keep.
enum { MASK_WORK = 16, MASK_KEPT = 512, MASK_PLACES = 64 };

// engine.mask(name, text): the text is a secret from now on.
static int border_mask(lua_State *L)
{
    struct run *run = run_of(L);
    size_t len;
    const char *name = luaL_checkstring(L, 1), *text = luaL_checklstring(L, 2, &len);
    state_charge(L, MASK_WORK * len);
    if (run->mask && run->mask(run->mask_arg, name, text, len)) // known until the run ends
        state_hold(L, MASK_KEPT + MASK_PLACES * len);
    return 0;
}

// engine.quote(text, most): at most that many bytes of the text for people, with secrets masked
// first.
static int border_quote(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    lua_Integer most = luaL_checkinteger(L, 2);
    state_charge(L, MASK_WORK * len);
    struct arena *a = border_arena(L);
    lua_pushstring(L, quote(run_of(L), a, text, len, CLIP_TEXT, (size_t)most));
    return 1;
}

// engine.rule_error(text): what is wrong with a line of `allow`, or nil.
static int border_rule_error(lua_State *L)
{
    struct rule rule;
    error_local(err);
    bool ok = rule_read(border_arena(L), luaL_checkstring(L, 1), NULL, NULL, &rule, &err);
    lua_pushstring(L, ok ? NULL : error_text(&err));
    return 1;
}

void border_push(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"raise", border_raise},
        {"passing", border_passing},
        {"where", border_where},
        {"tell", border_tell},
        {"planning", border_planning},
        {"used", border_used},
        {"stale", border_stale},
        {"unknown", border_unknown},
        {"unknown_of", border_unknown_of},
        {"duration_seconds", border_duration_seconds},
        {"duration_text", border_duration_text},
        {"result", results_get},
        {"has_result", results_has},
        {"array", border_array},
        {"load", border_load},
        {"has", border_has},
        {"mask", border_mask},
        {"expected", border_expected},
        {"charge", border_charge},
        {"random", random_draw},
        {"quote", border_quote},
        {"no_effects", border_no_effects},
        {"rule_error", border_rule_error},
        {"parallel", group_parallel},
        {"each", group_each},
        {NULL, NULL},
    };
    luaL_newlib(L, functions);
    convert_push_null(L);
    lua_setfield(L, -2, "null");
}
