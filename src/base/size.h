// size: numbers of bytes as people write them: "64KB", "10MB".
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Reads `text`, a whole number and a unit (B, KB, MB or GB, of 1024 each, in any case), into bytes.
// False when it is anything else, or 0.
bool size_parse(const char *text, int64_t *bytes);
