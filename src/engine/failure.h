// failure: the error value that travels through Lua when something goes wrong: a table with kind,
// code, text, where and detail, so that pcall can look at it and a person gets one clear sentence.
#pragma once

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/code.h"
#include "base/error.h"
#include "base/value.h"

// What kind of failure it is decides how a step that ends with it is treated.
#define FAILURE_CHECK     "check"     // a check or gate did not hold
#define FAILURE_EFFECT    "effect"    // the outside answered with an error, or not at all
#define FAILURE_USAGE     "usage"     // the runbook asked for something that makes no sense
#define FAILURE_STOPPED   "stopped"   // a signal
#define FAILURE_TIMEOUT   "timeout"   // the step's own timeout
#define FAILURE_DENIED    "denied"    // a person said no
#define FAILURE_FORBIDDEN "forbidden" // the runbook does not declare it, or it was denied
#define FAILURE_UNKNOWN   "unknown" // a plan was asked for the answer of a change that was not made
#define FAILURE_HALTED    "halted"  // the journal is lost, or contradicts the run, or is in doubt
#define FAILURE_ASSUMED   "assumed" // a plan was asked to take this step for failed
#define FAILURE_ERROR     "error"   // an error in the runbook's own Lua

// What a failure is made of. All but kind and text may be left out.
struct failure {
    const char *kind;       // one of these
    const char *code;       // of base/code.h; NULL: the one that the kind has
    const char *text;       // one sentence
    const char *where;      // "file.lua:12"
    const char *detail;     // further lines for people
    int64_t retry_after_ms; // how long the other side asks to be left alone; or < 1
};
// The failure as plain data, { kind, code, text, where, detail, retry_after (seconds) }, in the
// arena; the texts are copied. There is no other way to make one.
struct value *failure_make(struct arena *, struct failure);
// Is it of that kind? NULL is of none.
bool failure_is(const struct value *, const char *kind);

// Makes the metatable of failures. Call once a state.
void failure_open(lua_State *L);
// Raises a failure; `where` is the innermost line of the author's own files. Does not return.
int failure_raise(lua_State *L, const char *kind, const char *format, ...)
    __attribute__((format(printf, 3, 4), noreturn));
// As failure_raise, with "WHAT: " and the text of `err`, which is freed; `what` may be NULL.
int failure_raise_error(lua_State *L, const char *kind, const char *what, struct error *err)
    __attribute__((noreturn));
// As failure_raise; `where` is filled in.
int failure_raise_as(lua_State *L, struct failure) __attribute__((noreturn));
// Pushes a failure without raising it.
void failure_push(lua_State *L, struct failure);
// Makes the table on top of the stack, read by failure_read earlier, a failure again.
void failure_adopt(lua_State *L);
// Pushes "file.lua:12" of the innermost frame in an author's file, "" when there is none; returns
// it.
const char *failure_where(lua_State *L);
// Reads the error value on top of `L` into what failure_make makes, in the arena. Accepts any
// error value; a Lua error "file:line: text" is split. Raises no error itself.
struct value *failure_read(lua_State *L, int index, struct arena *a);
