// embedded: the Lua files that are built into the binary, as source.
#pragma once

#include <stddef.h>

// The text of a module, such as "runbook.canary" or "prelude.init"; NULL when there is none. It is
// NUL-terminated, *len bytes long, and lives as long as the process.
const char *embedded_find(const char *module, size_t *len);
// The name of the n-th module, from 0, in alphabetical order; NULL past the last.
const char *embedded_name(size_t n);
