// coat: the forms in which a text may hold a secret, and how it is read in each.
#pragma once

#include <stddef.h>

#include "record/automaton.h"
#include "record/find.h"

// Adds what the automaton finds in text[0..len): as it stands or with any of its characters
// escaped (record/escape), in hex, and in base64 (RFC 4648, both alphabets, at any place within
// what is encoded, folded into lines or not). With `shortest` also a beginning of so many bytes of
// a pattern at the end of the text, which was cut there. Linear in the text.
void coat_read(const struct automaton *, const char *text, size_t len, size_t shortest,
               struct finds *);
