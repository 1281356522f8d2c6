// utf8: what a well-formed character is, where one stands in a text, and what to call it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

// Returns the bytes of the character that text[0..len) begins with, 1 to 4; 0 when it begins with
// none. By RFC 3629: overlong forms, surrogates and what lies past U+10FFFF are no characters.
size_t utf8_size(const char *text, size_t len);
// Returns the bytes of the byte order mark that text[0..len) begins with: 3, or 0.
size_t utf8_mark(const char *text, size_t len);
// Appends text[0..len) with U+FFFD for each byte that belongs to no character. False when out's cap
// is passed.
bool utf8_add(struct buf *out, const char *text, size_t len);
// Appends the code point `code`, which is at most 0x10FFFF and no surrogate.
bool utf8_put(struct buf *out, uint32_t code);

// A place as editors show it: both from 1; columns count characters.
struct utf8_place {
    size_t line, column;
};
struct utf8_place utf8_place(const char *text, size_t offset);

// Writes what a person would call the thing that text[0..len) begins with ("'x'", "a line break",
// "the end of the text") into out and returns out. A word such as "undefined" or "None" is named
// as a whole; any other may be part of a secret and is named by its first character.
enum { UTF8_NAME_SIZE = 48 };
char *utf8_name(const char *text, size_t len, char out[UTF8_NAME_SIZE]);
