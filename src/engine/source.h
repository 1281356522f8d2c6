// source: where Lua text comes from: the files built into the binary, RUNBOOK_LUA_PATH while
// developing, and files beside the runbook.
#pragma once

#include <lua.h>

// Pushes the text and the chunk name ("=[runbook.canary]" for ours, "@path" for an author's file)
// of a module, and returns 2. Ours are "runbook.*" and "prelude.*"; any other name is the file of
// that name (dots are folders) beside `runbook_file`. Raises a usage failure when there is none.
int source_push(lua_State *L, const char *runbook_file, const char *module);
// The same for the run of L. A run that goes on gets what its journal kept; otherwise the journal
// keeps what was found.
int source_load(lua_State *L, const char *module);
