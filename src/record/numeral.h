// numeral: the other ways in which a number is written that a secret is.
#pragma once

#include <stddef.h>

#include "base/value.h"

// Returns the texts, as a list in `a`: without its leading zeros, with ".0" behind a whole one, in
// exponents ("1.2345e+04", "1.2345e4"), and as a float tells it that has fewer digits, 14 or more.
// Without its sign. Empty when text[0..len) is no decimal number, or when fewer than `shortest`
// bytes are left of it without leading zeros.
struct value *numeral_forms(struct arena *a, const char *text, size_t len, size_t shortest);
