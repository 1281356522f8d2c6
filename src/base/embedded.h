// embedded: the Lua files that are built into the binary (cmake/embed.c).
#pragma once

#include <stddef.h>

// Of a module such as "runbook.canary" or "prelude.init": its source, NUL-terminated, and its
// compiled form, which is empty for a template.
struct embedded {
    const char *module, *text;
    size_t len;
    const char *code;
    size_t code_len;
};

// All of them, in alphabetical order.
extern const struct embedded embedded_files[];
extern const size_t embedded_count;

// The module of that name; NULL when there is none.
const struct embedded *embedded_find(const char *module);
