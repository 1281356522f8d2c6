// group: several fibers at once, for `parallel` and `each`. The fiber that asks starts the
// branches, sleeps, and is woken as each one ends; so all work on Lua values happens in its own
// protected call.
#include <lauxlib.h>
#include <stdio.h>

#include "engine/border.h"
#include "engine/convert.h"
#include "engine/failure.h"
#include "engine/run.h"
#include "engine/state.h"

// Stack of the calling C function while a group runs.
enum {
    ITEMS = 1, // each: the list; parallel: the table of functions
    FUNCTION,  // each: what to call for an item; parallel: nil
    KEYS,      // the items' keys, in order: results and positions follow it
    RESULTS,   // what the branches returned, by key
    FAILURE,   // of the first branch in order that failed, or nil
    GROUP,     // userdata
    GROUP_TOP = GROUP,
};

enum { MOST_DEEP = 32 }; // groups within groups: each level has its share of the C stack

struct group {
    struct fiber *owner;
    int limit, count;
    int next; // index of the next item to start, from 1
    int running;
    int failed_at; // index of the failure that is kept; 0: none
    int effect;    // the owner's effect number that stands for the group
};

static int group_close(lua_State *L)
{
    struct group *g = lua_touserdata(L, 1);
    while (g->owner && g->owner->children)
        fiber_free(g->owner->children);
    g->owner = NULL;
    return 0;
}

static void start_next(lua_State *L, struct group *g)
{
    int i = g->next++;
    const char *position =
        lua_pushfstring(L, "%s%s%d.%d", g->owner->position, *g->owner->position ? "." : "",
                        g->effect, i); // stays below until the branch has its copy
    lua_rawgeti(L, KEYS, i);           // key
    lua_pushvalue(L, -1);              // key key
    lua_rawget(L, ITEMS);              // key item
    if (lua_isnil(L, FUNCTION)) {
        lua_remove(L, -2); // function
        fiber_start(L, 0, g->owner, position)->index = i;
    } else {
        lua_pushvalue(L, FUNCTION); // key item fn
        lua_insert(L, -3);          // fn key item
        lua_insert(L, -2);          // fn item key
        fiber_start(L, 2, g->owner, position)->index = i;
    }
    lua_pop(L, 1);
    g->running++;
}

// Takes what an ended branch has left: its result, or the failure of the first in order.
static void collect(lua_State *L, struct group *g, struct fiber *branch)
{
    if (branch->failed) {
        bool own = branch->stop != FIBER_SIBLING; // not merely stopped because of another
        if (own && (g->failed_at == 0 || branch->index < g->failed_at)) {
            convert_push(L, branch->failure);
            lua_replace(L, FAILURE);
            g->failed_at = branch->index;
        }
        for (struct fiber *f = g->owner->children; f; f = f->next_sibling)
            fiber_stop(f, FIBER_SIBLING);
    } else {
        lua_rawgeti(L, KEYS, branch->index);
        fiber_result(L, branch);
        lua_rawset(L, RESULTS);
    }
    fiber_free(branch);
    g->running--;
}

static void collect_ended(lua_State *L, struct group *g)
{
    for (struct fiber *f = g->owner->children; f;) {
        struct fiber *next = f->next_sibling;
        if (f->ended)
            collect(L, g, f);
        f = next;
    }
}

static int group_go_on(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    struct group *g = lua_touserdata(L, GROUP);
    collect_ended(L, g);
    bool starting = g->failed_at == 0 && g->owner->stop == FIBER_GOES_ON;
    while (starting && g->running < g->limit && g->next <= g->count)
        start_next(L, g);
    if (g->running > 0)
        return lua_yieldk(L, 0, 0, group_go_on);
    if (g->failed_at) {
        lua_settop(L, FAILURE);
        failure_adopt(L);
        return lua_error(L);
    }
    fiber_check(L, g->owner);
    lua_pushvalue(L, RESULTS);
    return 1;
}

// Expects ITEMS and FUNCTION on the stack, and the keys in order on top.
static int group_run(lua_State *L, int limit)
{
    struct fiber *owner = fiber_of(L);
    if (owner == NULL || !lua_isyieldable(L))
        return failure_raise(L, FAILURE_USAGE, "parallel and each belong inside a step function");
    fiber_check(L, owner);
    int depth = 1;
    for (const struct fiber *f = owner->parent; f; f = f->parent)
        depth++;
    if (depth > MOST_DEEP)
        return failure_raise(L, FAILURE_USAGE,
                             "parallel and each are nested %d levels deep; no more are possible",
                             MOST_DEEP);
    lua_newtable(L);
    lua_pushnil(L);
    struct group *g = lua_newuserdatauv(L, sizeof *g, 0);
    *g = (struct group){.owner = owner,
                        .limit = limit,
                        .count = (int)lua_rawlen(L, KEYS),
                        .next = 1,
                        .effect = ++owner->effects};
    if (luaL_newmetatable(L, "runbook.group")) {
        lua_pushcfunction(L, group_close);
        lua_setfield(L, -2, "__gc");
        lua_pushcfunction(L, group_close);
        lua_setfield(L, -2, "__close");
    }
    lua_setmetatable(L, -2);
    lua_toclose(L, GROUP);
    return group_go_on(L, LUA_OK, 0);
}

// Pushes the table of the keys of ITEMS in a fixed order, by the prelude's words.keys.
static void push_keys(lua_State *L)
{
    state_push(L, "keys");
    lua_pushvalue(L, ITEMS);
    lua_call(L, 1, 1);
}

// parallel { name = function() ... end, ... }: runs the functions at once and returns their results
// under the same keys. The first failure stops the others (a write on its way is waited for) and is
// raised.
int group_parallel(lua_State *L)
{
    if (!lua_istable(L, 1))
        return failure_raise(L, FAILURE_USAGE,
                             "parallel wants a list of functions: parallel { function() ... end, "
                             "function() ... end }");
    lua_settop(L, 1);
    lua_pushnil(L);
    push_keys(L);
    for (lua_Integer i = 1; lua_rawgeti(L, KEYS, i) != LUA_TNIL; i++) {
        lua_rawget(L, ITEMS);
        if (!lua_isfunction(L, -1))
            return failure_raise(L, FAILURE_USAGE,
                                 "parallel wants functions: parallel { function() ... end, ... }; "
                                 "item %d is a %s",
                                 (int)i, luaL_typename(L, -1));
        lua_settop(L, KEYS);
    }
    lua_settop(L, KEYS);
    return group_run(L, (int)lua_rawlen(L, KEYS));
}

// each(list, [{ limit = 10 },] function(item, key) ... end): calls the function for every item, at
// most `limit` (default 10) at once, and returns the results under the same keys. Fails as parallel
// does.
int group_each(lua_State *L)
{
    lua_Integer limit = 10;
    if (lua_istable(L, 2)) {
        lua_getfield(L, 2, "limit");
        limit = luaL_optinteger(L, -1, limit);
        lua_pop(L, 1);
        lua_remove(L, 2);
    }
    if (!lua_istable(L, 1) || !lua_isfunction(L, 2) || limit < 1 || limit > 10000)
        return failure_raise(
            L, FAILURE_USAGE,
            "each wants a list, options and a function: each(list, { limit = 10 }, "
            "function(item) ... end), with a limit from 1 to 10000");
    lua_settop(L, FUNCTION);
    push_keys(L);
    return group_run(L, (int)limit);
}
