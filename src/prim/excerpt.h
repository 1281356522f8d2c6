// excerpt: a little of a long or foreign text, for a message.
#pragma once

#include <stddef.h>

#include "base/arena.h"

struct run;

// The beginning of the text on one line, at most about `max` bytes: runs of white space and control
// characters become one space, and HTML's markup is left out. "" when nothing is left.
// Secrets are masked first: one that is cut would not be known again.
const char *excerpt_start(const struct run *run, struct arena *a, const char *text, size_t len,
                          size_t max);
// The last lines that are not blank, each on a line of its own after "\n  ": at most five of them
// and 600 bytes, secrets masked. "" when there is none.
const char *excerpt_end(const struct run *run, struct arena *a, const char *text, size_t len);
