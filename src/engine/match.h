// match: Lua's patterns (Lua 5.4 manual, 6.4.1) against a text.
#pragma once

#include <lua.h>
#include <stddef.h>

enum { MATCH_CAPTURES = 32 };

struct capture {
    const char *start;
    ptrdiff_t len; // or one of those below
};
enum { CAPTURE_OPEN = -1, CAPTURE_POSITION = -2 };

struct match {
    lua_State *L; // for errors
    const char *text, *end;
    const char *pattern_end;
    int count; // of captures
    int depth; // of the matcher's own calls
    unsigned steps;
    struct capture captures[MATCH_CAPTURES];
};

// Where the match of `pattern` that begins at `at` ends; NULL when there is none. Fills the
// captures. Raises a Lua error for a malformed pattern, and what state_look raises when it goes on
// for long.
const char *match_at(struct match *m, const char *at, const char *pattern);
