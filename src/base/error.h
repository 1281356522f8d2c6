// error: one sentence for a person: what was tried, what came back, what to do next.
#pragma once

#include <stdbool.h>

struct error {
    char text[1024];
};

// Writes the sentence and returns false, so that a failing function can `return error_set(...)`.
// `err` may be NULL. The arguments may come from err->text itself.
bool error_set(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
