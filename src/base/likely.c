#include "base/likely.h"

#include <string.h>

enum { LONGEST = 31, FAR = 3 };

// How many single-letter edits lead from one word to the other.
static size_t edits(const char *from, const char *to, size_t len)
{
    size_t row[LONGEST + 1];
    for (size_t j = 0; j <= len; j++)
        row[j] = j;
    for (size_t i = 1; from[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= len; j++) {
            size_t swap = diagonal + (from[i - 1] != to[j - 1]);
            size_t skip = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = swap < skip ? swap : skip;
        }
    }
    return row[len];
}

void likely_try(struct likely *l, const char *known, size_t len)
{
    size_t distance = len <= LONGEST ? edits(l->word, known, len) : FAR;
    if (distance >= (l->best ? l->distance : FAR) || distance >= strlen(l->word))
        return;
    l->best = known;
    l->best_len = len;
    l->distance = distance;
}
