// markup: text made safe for XML and HTML, inside elements and attributes alike.
#pragma once

#include "base/buf.h"
#include "base/value.h"

// These append. Characters that XML 1.0 does not allow, and those that turn the direction of what
// is read, become U+FFFD; so does each byte that is not UTF-8.
void markup_add(struct buf *out, const char *text, size_t len);
void markup_puts(struct buf *out, const char *text);
void markup_value(struct buf *out, const struct value *v); // as words_value words it
void markup_member(struct buf *out, const struct value *object, const char *key); // "" for null
