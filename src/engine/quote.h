// quote: how a text of anybody's comes into a sentence for people: secrets are masked, and then it
// is cut. In this order, and nowhere else: of a secret that was cut first the beginning would stay.
#pragma once

#include <stddef.h>

#include "base/clip.h"

struct run;

// At most about `most` bytes of text[0..len) in the arena, as `clip` says, with the run's secrets
// masked and without what steers a terminal. Never NULL. `run` may be NULL, and knows no secrets
// then.
const char *quote(const struct run *run, struct arena *, const char *text, size_t len, enum clip,
                  size_t most);

// The longest text of a failure that people, reports and the journal get.
enum { QUOTE_FAILURE = 16 * 1024 };
