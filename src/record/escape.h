// escape: what stands for another character in a text: percent-encoding (RFC 3986), the escapes of
// JSON (RFC 8259), YAML, Lua, C and a shell, references of HTML, doubled quotes. Each also where
// its own characters are written as escapes, as JSON within JSON is.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct escape {
    size_t len; // of what stands in the text
    size_t count;
    char bytes[4]; // what it stands for
};

enum { ESCAPE_MOST = 12 };

// Whether an escape may start with the byte.
extern const bool escape_starts[256];
// What at..end may begin with, in the ways it may be read; returns how many. *cut is set when
// there may be more of one behind `end`, and left alone otherwise. NULL: nobody asks.
size_t escape_read(const char *at, const char *end, struct escape found[ESCAPE_MOST], bool *cut);
