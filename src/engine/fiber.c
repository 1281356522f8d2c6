#include "engine/fiber.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "engine/budget.h"
#include "engine/effect.h"
#include "engine/failure.h"
#include "engine/run.h"
#include "net/loop.h"

// Each thread of a state keeps one pointer in its extra space: its `struct fiber`, or for the main
// state a fiber that is only the bearer of the run.
struct fiber *fiber_of(lua_State *L)
{
    struct fiber *f = *(struct fiber **)lua_getextraspace(L);
    return f->co ? f : NULL;
}

struct run *run_of(lua_State *L)
{
    return (*(struct fiber **)lua_getextraspace(L))->run;
}

void fiber_bind(lua_State *L, struct run *run)
{
    run->root.run = run;
    *(struct fiber **)lua_getextraspace(L) = &run->root;
}

static int body_ended(lua_State *co, int status, lua_KContext context)
{
    if (status != LUA_OK && status != LUA_YIELD)
        return lua_error(co);
    return lua_gettop(co) - (int)context; // below the results there may be the handler
}

// Notes where an error came from, for --debug, while the stack is still there.
static int note_traceback(lua_State *co)
{
    struct fiber *f = fiber_of(co);
    luaL_traceback(co, co, NULL, 1);
    f->traceback = arena_dup(&f->arena, lua_tostring(co, -1));
    lua_pop(co, 1);
    return 1;
}

// Calls the function below its arguments, protected, so that what it has to close is closed while
// the coroutine lives and can still wait; then its error goes on.
static int body(lua_State *co)
{
    int handler = 0;
    if (run_of(co)->options->debug) {
        lua_pushcfunction(co, note_traceback);
        lua_insert(co, 1);
        handler = 1;
    }
    int status = lua_pcallk(co, lua_gettop(co) - 1 - handler, 1, handler, handler, body_ended);
    return body_ended(co, status, handler);
}

struct fiber *fiber_start(lua_State *L, int arguments, struct fiber *parent, const char *position)
{
    lua_State *co = lua_newthread(L);
    lua_insert(L, -(arguments + 2));
    lua_pushcfunction(co, body);
    lua_xmove(L, co, ++arguments);
    int anchor = luaL_ref(L, LUA_REGISTRYINDEX);

    struct fiber *f = mem_alloc(sizeof *f);
    f->run = run_of(L);
    f->co = co;
    f->anchor = anchor;
    f->parent = parent;
    f->position = mem_dup(position);
    f->arguments = arguments;
    *(struct fiber **)lua_getextraspace(co) = f;
    if (parent) {
        f->next_sibling = parent->children;
        parent->children = f;
        f->stop = parent->stop;
        f->probing = parent->probing;
    }
    fiber_ready(f);
    return f;
}

void fiber_ready(struct fiber *f)
{
    if (f->ready || f->ended)
        return;
    struct run *run = f->run;
    f->ready = true;
    f->next_ready = NULL;
    if (run->ready_last)
        run->ready_last->next_ready = f;
    else
        run->ready_first = f;
    run->ready_last = f;
}

void fiber_stop(struct fiber *f, enum fiber_stop why)
{
    for (struct fiber *child = f->children; child; child = child->next_sibling)
        fiber_stop(child, why);
    if (f->ended || f->stop)
        return;
    f->stop = why;
    if (f->waiting)
        effect_interrupt(f->waiting);
}

const char *fiber_stop_text(enum fiber_stop why)
{
    static const char *const texts[] = {
        [FIBER_GOES_ON] = "",
        [FIBER_TIMEOUT] = "the step took longer than its timeout allows",
        [FIBER_SIBLING] = "stopped because another branch failed",
        [FIBER_SIGNAL] = "stopped by a signal",
        [FIBER_RUNAWAY] = ("the step used up its processor time; look for a loop that does not "
                           "end, or allow more with --max-seconds"),
        [FIBER_HALTED] = "the run was halted",
    };
    return texts[why];
}

const char *fiber_stop_code(enum fiber_stop why)
{
    return why == FIBER_TIMEOUT   ? CODE_TIMEOUT
           : why == FIBER_RUNAWAY ? CODE_RUNAWAY
           : why == FIBER_HALTED  ? CODE_HALTED
                                  : CODE_STOPPED;
}

void fiber_check(lua_State *L, struct fiber *f)
{
    bool late = f->stop == FIBER_TIMEOUT || f->stop == FIBER_RUNAWAY;
    const struct value *halted_by = f->run->halted_by;
    if (f->stop == FIBER_HALTED)
        failure_raise_as(L, (struct failure){.kind = FAILURE_HALTED,
                                             .code = value_get_text(halted_by, "code"),
                                             .text = value_get_text(halted_by, "text")});
    if (f->stop != FIBER_GOES_ON)
        failure_raise_as(L, (struct failure){.kind = late ? FAILURE_TIMEOUT : FAILURE_STOPPED,
                                             .code = fiber_stop_code(f->stop),
                                             .text = fiber_stop_text(f->stop)});
}

// Runs protected, because reading an error value may need memory.
static int read_failure(lua_State *L)
{
    struct fiber *f = lua_touserdata(L, 1);
    f->failure = failure_read(f->co, -1, &f->arena);
    if (f->traceback)
        value_set(&f->arena, f->failure, "traceback", value_string(&f->arena, f->traceback));
    return 0;
}

// Runs what is to be closed, which cancels effects under way; it is Lua, and has the same budget.
static void fiber_reset(struct fiber *f)
{
    bool alone = f->run->lua_entered_us == 0;
    if (alone)
        budget_enter(f->run);
    lua_resetthread(f->co);
    if (alone)
        budget_leave(f->run);
}

static void fiber_fail(struct fiber *f, int status)
{
    lua_State *L = f->run->L;
    int top = lua_gettop(L);
    f->failed = true;
    lua_pushcfunction(L, read_failure);
    lua_pushlightuserdata(L, f);
    if (status == LUA_ERRMEM || lua_pcall(L, 1, 0, 0) != LUA_OK) {
        const char *text = arena_printf(&f->arena,
                                        "the runbook used more memory than the %zu MB that it "
                                        "may; keep less at once, or allow more with --max-memory",
                                        f->run->lua_max >> 20);
        f->failure = failure_make(
            &f->arena, (struct failure){.kind = FAILURE_ERROR, .code = CODE_MEMORY, .text = text});
    }
    lua_settop(L, top);
    fiber_reset(f);
}

static void fiber_resume(struct fiber *f)
{
    int results = 0;
    int arguments = f->arguments;
    f->ready = false;
    f->arguments = 0;
    f->run->running = f;
    budget_enter(f->run);
    int status = lua_resume(f->co, NULL, arguments, &results);
    budget_leave(f->run);
    f->run->running = NULL;
    switch (status) {
    case LUA_YIELD: // at the door: the effect's end makes it ready again
        lua_pop(f->co, results);
        return;
    case LUA_OK:
        break;
    default:
        fiber_fail(f, status);
        break;
    }
    f->ended = true;
    if (f->parent)
        fiber_ready(f->parent);
}

static struct fiber *take_ready(struct run *run)
{
    struct fiber *f = run->ready_first;
    if (f) {
        run->ready_first = f->next_ready;
        if (run->ready_first == NULL)
            run->ready_last = NULL;
    }
    return f;
}

void fiber_pump(struct fiber *f)
{
    struct run *run = f->run;
    while (!f->ended) {
        struct fiber *next = take_ready(run);
        if (next)
            fiber_resume(next);
        else
            loop_once(run->loop);
    }
}

void fiber_result(lua_State *L, struct fiber *f)
{
    if (f->failed || lua_gettop(f->co) == 0) {
        lua_pushnil(L);
        return;
    }
    lua_settop(f->co, 1);
    lua_xmove(f->co, L, 1);
}

static void unlink_ready(struct fiber *f)
{
    struct run *run = f->run;
    struct fiber *previous = NULL;
    for (struct fiber *at = run->ready_first; at; previous = at, at = at->next_ready) {
        if (at != f)
            continue;
        *(previous ? &previous->next_ready : &run->ready_first) = f->next_ready;
        if (run->ready_last == f)
            run->ready_last = previous;
        return;
    }
}

static void unlink_sibling(struct fiber *f)
{
    if (f->parent == NULL)
        return;
    struct fiber **link = &f->parent->children;
    while (*link && *link != f)
        link = &(*link)->next_sibling;
    if (*link)
        *link = f->next_sibling;
}

void fiber_free(struct fiber *f)
{
    for (struct fiber *child; (child = f->children) != NULL;) {
        f->children = child->next_sibling;
        child->parent = NULL;
        fiber_free(child);
    }
    f->ended = true;
    if (f->ready)
        unlink_ready(f);
    unlink_sibling(f);
    fiber_reset(f);
    luaL_unref(f->run->L, LUA_REGISTRYINDEX, f->anchor);
    arena_free(&f->arena);
    free(f->position);
    free(f);
}
