// source: where Lua text comes from: the files built into the binary, RUNBOOK_LUA_PATH while
// developing, and files beside the runbook.
#pragma once

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;
struct run;
struct value;

// Pushes the text and the chunk name ("=[runbook.canary]" for ours, "@path" for an author's file)
// of a module, and returns 2. Ours are "runbook.*" and "prelude.*"; any other name is the file of
// that name (dots are folders) beside `runbook_file`. Raises a usage failure when there is none.
int source_push(lua_State *L, const char *runbook_file, const char *module);
// The same for the run of L. A run that goes on gets what its journal kept; otherwise the journal
// keeps what was found.
int source_load(lua_State *L, const char *module);
// Whether there is a file of that name beside the runbook of L; for a run that goes on, or is held
// to a plan: whether one was loaded then.
bool source_is_there(lua_State *L, const char *module);
// Replaces the text and the chunk name of a module, on the top, by the function that they are; what
// the binary holds compiled is taken from there. Returns LUA_OK, or as lua_load an error whose
// message stands there instead.
int source_compile(lua_State *L, const char *module);

// Keeps what was loaded, so that a resumed run runs the same, and a plan says what it was made of.
// `module` is NULL for the runbook itself.
void source_keep(struct run *, const char *module, const char *chunk, const char *text, size_t len);

// The whole of line `number` of the text, without the blanks before it; "" when there is none.
const char *source_cut(struct arena *, const char *text, int number);
// The line that `where` ("file.lua:12") names, of the kept `sources` { module: { chunk, text } },
// or when NULL of the file as it is now. "" when there is none.
const char *source_line(struct arena *, const struct value *sources, const char *where);
