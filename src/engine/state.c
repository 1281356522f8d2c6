#include "engine/state.h"

#include <assert.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/duration.h"
#include "base/memory.h"
#include "engine/border.h"
#include "engine/budget.h"
#include "engine/convert.h"
#include "engine/failure.h"
#include "engine/pattern.h"
#include "engine/run.h"
#include "engine/source.h"
#include "engine/unknown.h"

enum {
    HOOK_EVERY = 1000, // Lua instructions between two looks at whether time has passed
    CHARGE_EVERY = 64 * 1024,
    ALLOCATED = 1024 * 1024, // bytes of new memory, after which it is time to look
};

static const size_t default_memory = (size_t)256 * 1024 * 1024;

static void hook(lua_State *L, lua_Debug *frame);

// What fills the memory may be alive, so an undo gets some more.
static size_t most_memory(const struct run *run)
{
    return run->lua_max + (run->undoing ? run->lua_max / 4 : 0);
}

// Lua's own functions in C, and its operators, are not asked to charge for what they make: after so
// many bytes of it the hook comes with the next instruction. Where one is stopping, it comes
// anyway.
static void count_work(struct run *run, size_t bytes)
{
    lua_State *L = run->running ? run->running->co : run->L;
    run->lua_worked += bytes;
    if (run->lua_worked < ALLOCATED || L == NULL || lua_gethookmask(L) != LUA_MASKCOUNT ||
        lua_gethookcount(L) == 1)
        return;
    lua_sethook(L, hook, LUA_MASKCOUNT, 1);
}

static void *allocate(void *ud, void *old, size_t old_size, size_t size)
{
    struct run *run = ud;
    size_t had = old ? old_size : 0;
    if (size == 0) {
        free(old);
        run->lua_used -= had;
        return NULL;
    }
    if (size > had && run->lua_used - had + size + run->lua_held > most_memory(run))
        return NULL; // Lua collects garbage and tries once more, then raises a memory error
    void *p = run->undoing || size <= had ? memory_try_grow(old, size) // Lua takes this to succeed
                                          : memory_for_script(old, size);
    if (p)
        run->lua_used += size - had;
    if (p && size > had)
        count_work(run, size);
    return p;
}

// A look costs a system call; as long as no tick of the coarse clock has passed, there is little to
// see.
static bool ticked(struct run *run)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    bool passed = t.tv_nsec != run->lua_tick || run->signal;
    run->lua_tick = t.tv_nsec;
    return passed;
}

static void hook(lua_State *L, lua_Debug *frame)
{
    (void)frame;
    struct run *run = run_of(L);
    bool soon = lua_gethookmask(L) == LUA_MASKCOUNT && lua_gethookcount(L) != HOOK_EVERY;
    if (soon)
        lua_sethook(L, hook, LUA_MASKCOUNT, HOOK_EVERY);
    run->lua_worked = 0;
    if (!soon && lua_gethookmask(L) == LUA_MASKCOUNT && !ticked(run))
        return;
    state_look(L);
}

// The run that the state is of; NULL of a world's.
static struct run *owner_of(lua_State *L)
{
    void *run = NULL;
    return lua_getallocf(L, &run) == allocate ? run : NULL;
}

void state_charge(lua_State *L, size_t bytes)
{
    struct run *run = owner_of(L);
    if (run == NULL || run->lua_entered_us == 0)
        return;
    run->lua_worked += bytes;
    if (run->lua_worked < CHARGE_EVERY)
        return;
    run->lua_worked = 0;
    state_look(L);
}

// A pcall may catch the failure, so from then on every line raises it again.
void state_look(lua_State *L)
{
    struct run *run = run_of(L);
    struct fiber *f = fiber_of(L);
    bool signal = run->signal && !run->undoing;
    bool late = f && run->deadline && clock_steady() > run->deadline;
    bool spent = budget_is_spent(run);
    if (f && memory_is_short() && !run->undoing)
        run_halt_now(run, HALT_MEMORY, RUN_NO_MEMORY);
    if (!signal && !late && !spent && (f == NULL || f->stop == FIBER_GOES_ON))
        return;
    lua_sethook(L, hook, LUA_MASKLINE | LUA_MASKCOUNT, 1000);
    if (f == NULL)
        failure_raise(L, signal ? FAILURE_STOPPED : FAILURE_TIMEOUT, "%s",
                      signal ? "stopped by a signal"
                             : "the file ran Lua for longer than it may while it loads");
    if (spent && !signal && !late && run->step_fiber)
        fiber_stop(run->step_fiber, FIBER_RUNAWAY); // with all its branches
    if (f->stop == FIBER_GOES_ON)
        f->stop = signal ? FIBER_SIGNAL : late ? FIBER_TIMEOUT : FIBER_RUNAWAY;
    fiber_check(L, f);
}

size_t state_room(lua_State *L, size_t wanted)
{
    const struct run *run = owner_of(L);
    if (run == NULL)
        return SIZE_MAX;
    for (bool collected = false;; collected = true) {
        size_t used = run->lua_used + run->lua_held, most = most_memory(run);
        size_t room = used < most ? most - used : 0;
        if (room >= wanted || collected)
            return room;
        lua_gc(L, LUA_GCCOLLECT);
    }
}

void state_hold(lua_State *L, size_t bytes)
{
    struct run *run = owner_of(L);
    if (run)
        run->lua_held += bytes;
}

void state_release(lua_State *L, size_t bytes)
{
    struct run *run = owner_of(L);
    assert(run == NULL || run->lua_held >= bytes);
    if (run)
        run->lua_held -= bytes;
}

// Lua raises an error where nothing catches it: most likely for want of memory.
static int panic(lua_State *L)
{
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    fprintf(stderr, "runbook: internal error: %s\n", text ? text : "an error outside of a call");
    memory_exit();
}

bool state_open(struct run *run, struct error *err)
{
    run->lua_max = run->options->max_memory ? (size_t)run->options->max_memory : default_memory;
    lua_State *L = lua_newstate(allocate, run);
    if (L == NULL)
        return error_set(err, "could not make a Lua state: %zu bytes are too little", run->lua_max);
    lua_atpanic(L, panic);
    run->L = L;
    fiber_bind(L, run);
    lua_sethook(L, hook, LUA_MASKCOUNT, HOOK_EVERY);
    return true;
}

// Runs protected: (list of primitives).
static int prepare(lua_State *L)
{
    const struct primitive *list = lua_touserdata(L, 1);
    luaL_openlibs(L);
    failure_open(L);
    unknown_open(L);
    convert_open(L);
    source_push(L, NULL, "prelude.init");
    if (source_compile(L, "prelude.init") != LUA_OK)
        return lua_error(L);
    border_push(L); // engine
    pattern_push(L);
    lua_setfield(L, -2, "pattern");
    lua_newtable(L); // primitives
    for (; list->name; list++) {
        lua_pushcfunction(L, list->open);
        lua_call(L, 0, 1);
        lua_setfield(L, -2, list->name);
    }
    lua_call(L, 2, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, "runbook.prelude");
    return 0;
}

bool state_prepare(struct run *run, const struct primitive *list, struct error *err)
{
    lua_State *L = run->L;
    lua_pushcfunction(L, prepare);
    lua_pushlightuserdata(L, (void *)list);
    if (lua_pcall(L, 1, 0, 0) == LUA_OK)
        return true;
    struct value *failure = failure_read(L, -1, &run->arena);
    lua_pop(L, 1);
    return error_set(err, "the built-in Lua files do not load: %s (%s)",
                     value_get_text(failure, "text"), value_get_text(failure, "where"));
}

void state_push(lua_State *L, const char *name)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "runbook.prelude");
    lua_getfield(L, -1, name);
    lua_remove(L, -2);
}
