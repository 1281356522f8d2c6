// json: RFC 8259 text <-> value. Exact 64-bit integers, [] and {} kept apart, errors with line and
// column, and no document deep or large enough to hurt.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/value.h"

enum { JSON_MAX_DEPTH = 512 };

// Reads one whole document. NULL with `err` set ("line 3, column 7: ...") when it is not valid
// JSON, is not UTF-8, nests deeper than JSON_MAX_DEPTH, or has anything but white space after it.
// Of two members with one key the last wins, in the place of the first; a byte order mark at the
// start is skipped. Numbers: a whole number written without fraction or exponent that fits 64 bits
// is VALUE_INT, any other VALUE_FLOAT (one too large for a double is an error).
struct value *json_parse(struct arena *a, const char *text, size_t len, struct error *err);

enum json_style {
    JSON_CANONICAL, // keys sorted by bytes, no white space: equal values give equal bytes
    JSON_COMPACT,   // keys in their order, no white space
    JSON_PRETTY,    // keys in their order, two spaces of indent
};

// Appends `v` to `out`. Bytes of a string that are not UTF-8 are written as U+FFFD. A float always
// reads back as the same float (1.0 is written 1.0). NULL is written as null. False when out's cap
// is passed; what fitted stays.
bool json_write(struct buf *out, const struct value *v, enum json_style style);
// Appends text[0..len) as a JSON string with its quotes.
bool json_write_string(struct buf *out, const char *text, size_t len);
