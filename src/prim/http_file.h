// http_file: the option to_file: an answer that becomes a file of this machine.
//
// The request may only ask; the file is a change all the same, and what is judged, planned and
// journaled of it. It may be made again: the whole file comes anew and takes the place of the old
// one at its end, so that who does it twice has done it once.
#pragma once

#include <lua.h>

#include "engine/effect.h"

// Reads to_file: what it touches, and whether a request that only asks is a write by it alone
// (e->local). Raises a usage failure when no file can be there.
void http_file_read(lua_State *L, struct effect *e);
// In a plan: what would become of the file, as e->note.
void http_file_foresee(struct effect *e);
// The effect kind's `rehearse`: of a request that only asks it asks, and leaves the file alone.
bool http_file_rehearse(struct effect *e);
// The effect kind's `stands`: whether the file that a run had fetched is still there.
bool http_file_stands(const struct effect *e);
