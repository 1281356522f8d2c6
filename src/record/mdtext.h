// mdtext: text that stands for itself in Markdown, whatever is in it.
#pragma once

#include "base/buf.h"
#include "base/value.h"

// These append. Text becomes one line and may stand in a cell of a table.
void mdtext_add(struct buf *out, const char *text, size_t len);
void mdtext_value(struct buf *out, const struct value *v); // as words_value words it; "" for null
void mdtext_member(struct buf *out, const struct value *object, const char *key);

// Appends a text of many lines as code, by indenting it: nothing in it can end that.
void mdtext_block(struct buf *out, const struct value *text);
