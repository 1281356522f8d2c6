// detail: what a write does, told beside its summary where that is not the whole of it.
#pragma once

#include <stddef.h>

#include "engine/effect.h"

// Adds { name, text } to e->details: the beginning of the text, with secrets masked.
void detail_add(struct effect *e, const struct run *, const char *name, const char *text,
                size_t len);
