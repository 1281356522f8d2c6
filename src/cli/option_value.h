// option_value: what may stand behind an option of the command line.
#pragma once

#include <stdbool.h>
#include <stdint.h>

bool option_is_output(const char *text);     // "text", "ndjson", "json", "markdown" or "html"
bool option_is_resolution(const char *text); // "SEQ=done", "SEQ=not-done" or "SEQ=retry"
// A cap on memory: "256MB", at least 4 MB.
bool option_read_memory(const char *text, int64_t *bytes);
// A cap on a step's Lua: 0.01 to 86400 seconds.
bool option_read_seconds(const char *text, double *seconds);
