// fiber: a Lua coroutine that waits for effects without blocking the others. The only file that
// calls lua_resume.
//
// A fiber is started with a function and its arguments on a Lua stack, and runs when fiber_pump
// gets to it. Whenever the Lua code reaches the door it yields; the effect's end makes the fiber
// ready again. A fiber can be stopped: what it waits for is cancelled (a write on its way is never:
// it is waited for), and from then on the door lets it do nothing more.
#pragma once

#include <lua.h>
#include <stdbool.h>

#include "base/value.h"

struct run;
struct effect;
struct fiber;

enum fiber_stop {
    FIBER_GOES_ON,
    FIBER_TIMEOUT, // its step took too long
    FIBER_SIBLING, // another fiber of the same `parallel` or `each` failed
    FIBER_SIGNAL,  // the run was asked to stop
    FIBER_RUNAWAY, // its step has run Lua for longer than it may
    FIBER_HALTED,  // the run may do nothing more
};

struct fiber {
    struct run *run;
    lua_State *co;
    int anchor;           // registry reference that keeps `co` alive
    struct fiber *parent; // the fiber whose parallel or each started it, or NULL
    struct fiber *children, *next_sibling;
    struct effect *waiting; // the effect it is suspended on
    char *position;  // "" or the parent's effect that started it, "3.2": prefix of its effects
    int index;       // which branch of its parent's group it is, from 1
    int effects;     // how many effects it has asked for
    uint64_t random; // state of its random numbers; 0: not yet seeded
    int arguments;   // on its stack for the next resume
    bool ready, ended, failed;
    bool probing; // it runs the probe of a write in doubt
    enum fiber_stop stop;
    struct fiber *next_ready;
    struct arena arena;    // holds `failure`
    const char *traceback; // of its error, with --debug
    struct value *failure; // as failure_make makes it, once failed
};

// The fiber that runs `L`, or NULL for the main state (while a file loads).
struct fiber *fiber_of(lua_State *L);
struct run *run_of(lua_State *L);
// Ties a fresh main state to its run.
void fiber_bind(lua_State *L, struct run *run);

// Takes a function and `arguments` values off the top of L and makes a ready fiber of them. May
// raise a memory error, in L. `position` is copied.
struct fiber *fiber_start(lua_State *L, int arguments, struct fiber *parent, const char *position);
// Makes a suspended fiber ready to go on.
void fiber_ready(struct fiber *f);
// Stops it and its children; without effect when it was stopped before.
void fiber_stop(struct fiber *f, enum fiber_stop why);
// Why a stopped fiber was stopped, for people.
const char *fiber_stop_text(enum fiber_stop why);
// The code of the failure that it is (base/code.h).
const char *fiber_stop_code(enum fiber_stop why);
// Raises the stop as a failure in L when `f` is stopped; for the door. May not return.
void fiber_check(lua_State *L, struct fiber *f);
// Runs ready fibers and the event loop until `f` has ended.
void fiber_pump(struct fiber *f);
// Moves the one result of an ended fiber (nil when it has none) onto L.
void fiber_result(lua_State *L, struct fiber *f);
// Ends it, whatever it is doing, and frees it with its children.
void fiber_free(struct fiber *f);
