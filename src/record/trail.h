// trail: where the bytes stood that a reader has read, back from each of its places. Readers that
// part share what is behind them.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct trail {
    struct trail_step *steps;
    size_t count, room;
};

enum { TRAIL_NONE = 0 };

// Adds a byte, read from text[from], behind the step `back`, or TRAIL_NONE. Returns its step.
uint32_t trail_add(struct trail *, uint32_t back, size_t from);
// Where the byte `behind` bytes before that of `step` stood, which must be there; 0: its own. Takes
// a time like the logarithm of `behind`.
size_t trail_from(const struct trail *, uint32_t step, size_t behind);
// Forgets all but the last lens[i] bytes of each steps[i], which become their new steps.
void trail_trim(struct trail *, uint32_t steps[], const size_t lens[], size_t count);
void trail_clear(struct trail *); // empties it
void trail_free(struct trail *);
