// undo_retry: an undo has failed: is that its last word, or is it tried again, and when? What is on
// the other side may only be away for a while, and then nothing may be left as it is.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/value.h"

struct run;

enum { UNDO_PATIENCE_MS = 10 * 60 * 1000 }; // the default of --undo-patience

// Of one undo that is being made; begins as { .patience_ms = ... }.
struct undo_retry {
    int64_t patience_ms; // how long it is tried while nobody answers
    int64_t until;       // then that is over, on the clock of `now`; 0: somebody has answered
    int silences;        // failures, one after the other, that were no answer
    int conflicts, others;
    bool waits; // it is tried again because nobody answered
};

// Takes the failure (failure.h) of the latest attempt, at `now` (a clock in ms), and returns in how
// many milliseconds the next is to be made, or -1: there is to be none.
//   nobody answered (CODE_IS_PASSING)  after 1 s, doubled up to 30 s, or as Retry-After says, until
//                                      the patience is over, which begins anew with each answer;
//                                      three attempts, however little patience there is
//   a conflict (CODE_IS_CONFLICT)      six attempts: the undo looks anew
//   a final answer (CODE_IS_FINAL)     none; and none when the undo asks for what makes no sense
//   anything else                      three attempts, after 1 s and 2 s
int64_t undo_retry_next(struct undo_retry *, const struct value *failure, int64_t now);
// Decides, and waits until the next attempt is due; a signal does not end that. When nobody
// answered it tells the listeners what is waited for. False when there is to be no next attempt.
bool undo_retry_wait(struct run *, struct undo_retry *, const struct value *failure, int attempt);
