// outline: what a runbook file says it will do, known without running any of it: parameters,
// phases, steps. Read out of the table that the file returns.
#pragma once

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/value.h"

enum on_failure { ON_FAILURE_HALT, ON_FAILURE_ROLLBACK, ON_FAILURE_CONTINUE };

struct step {
    const char *name, *help, *where;
    const struct phase *phase;
    int action, undo, when;    // references of functions; LUA_NOREF when there is none
    int before;                // looks how things are before its first change
    const void *undo_identity; // equal for steps that share one undo function
    const char *lasting;       // why its changes may stay after a failure, or NULL
    int64_t timeout_ms;        // 0: none
    int attempts;              // at least 1
    int64_t backoff_ms;        // between attempts, doubled each time
    bool selected;             // by phase names, --from and --only
};

struct phase {
    const char *name, *help, *where;
    enum on_failure on_failure;
    bool keep_going;
    struct step *steps;
    int count;
    bool selected;
};

struct outline {
    const char *name, *summary, *file;
    const char *target; // what it works on, with ${parameters}; or NULL
    const char *lease;  // the Kubernetes Lease it wants to hold, with ${parameters}; or NULL
    struct phase *phases;
    int count;
    struct value *allow;  // [ rule ]: what it may touch; NULL: it does not say
    struct value *params; // { name: { type, default, help, choices, env, file, where } }
};

// Loads a runbook from its text, which came from `file`, into L and reads its outline. False with
// `err` set (file, line, source line): a syntax error, an unknown or wrong field, a duplicate, a
// primitive used while loading.
bool outline_load(lua_State *L, const char *file, const struct buf *text, struct arena *a,
                  struct outline *out, struct error *err);
// Marks what --from, --only and the phase names choose. False with `err` when a name is not there.
bool outline_select(struct outline *, const char *const *phases, const char *from, const char *only,
                    struct error *err);
// Is it the step of that name, "step" or "phase/step"?
bool outline_step_is(const struct step *, const char *name);
// Is there such a step? False with `err` set, naming the option `flag` that asked for it.
bool outline_has_step(const struct outline *, const char *name, const char *flag,
                      struct error *err);
// The step of that name; NULL when there is none.
const struct step *outline_step(const struct outline *, const char *name);
