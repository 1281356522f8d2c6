// clip: a text of anybody's, short and legible, for people. What steers a terminal instead of being
// shown is spelled ("\x1b"). It knows nothing of secrets: what may hold one is masked before
// (engine/quote), for half a secret is not known again.
#pragma once

#include <stddef.h>

#include "base/arena.h"

enum clip {
    CLIP_TEXT,   // its beginning, in its lines
    CLIP_LINE,   // its beginning on one line: blanks become one, and HTML's markup is left out
    CLIP_MIDDLE, // its beginning and its end on one line, when it is too long
    CLIP_TAIL,   // its last lines that are not blank, at most five, each behind "\n  "
};

// Returns at most about `most` bytes of text[0..len) in the arena, never NULL; it says so where
// something was left out.
const char *clip_text(struct arena *, const char *text, size_t len, enum clip, size_t most);
