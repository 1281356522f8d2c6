// likely: which of the known words was meant by one that is not known.
#pragma once

#include <stddef.h>

struct likely {
    const char *word; // what was written
    const char *best; // the closest so far, not NUL-terminated; NULL: none is close
    size_t best_len, distance;
};

// Compares with a known word. Close are those that at most two single-letter edits lead to, and
// fewer than the word has letters.
void likely_try(struct likely *, const char *known, size_t len);
