// duration: lengths of time as people write them: "15m", "1h30m", "500ms", "1.5s", "2d".
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Reads `text` into milliseconds. Units: ms, s, m, h, d, largest first, each once at most; a
// bare number is seconds. False when it is anything else, negative, or longer than ten years.
bool duration_parse(const char *text, int64_t *ms);
// Writes milliseconds as people read them ("850ms", "3.2s", "15m", "1h 05m") into out; returns out.
char *duration_format(int64_t ms, char *out, size_t size);

int64_t clock_wall(void);   // milliseconds since 1970, by the wall clock
int64_t clock_steady(void); // milliseconds of a clock that is never set back
