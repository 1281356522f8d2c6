// shell: words of a command line that a person is to paste.
#pragma once

#include "base/buf.h"

// Appends a blank, unless it is the first, and `word` such that a shell reads it as it is.
void shell_word(struct buf *out, const char *word);
