// glyph: characters of a text that may be anything, for those who must show it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { GLYPH_INVALID = 0x110000 };

// Reads the character at text[0..len), len > 0, and returns its bytes. A byte that begins no valid
// character is GLYPH_INVALID, one byte long.
size_t glyph_read(const char *text, size_t len, uint32_t *c);

// Columns it takes in a terminal: 0, 1 or 2.
int glyph_width(uint32_t c);

// True for what would steer instead of show: controls (the line feed and tab too), marks that turn
// the direction of text, line and paragraph separators, invisible tags, and GLYPH_INVALID.
bool glyph_hostile(uint32_t c);

// Appends what stands for such a character: "\x1b", "\u202e"; `byte` is the one it begins with.
void glyph_spell(struct buf *out, uint32_t c, char byte);
