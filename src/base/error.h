// error: one sentence for a person: what was tried, what came back, what to do next. It is as long
// as what came back: whoever shows it masks it first and cuts it then (engine/quote).
#pragma once

#include <stdbool.h>

// All zero: none is set. It owns its text, so a local one is made by error_local, and a struct that
// holds one frees it with the rest. It is not copied; error_move hands it on.
struct error {
    char *words; // read it with error_text
};

// A local error by the name of `err` that is freed when its block is left, save by a longjmp:
// whatever raises a Lua error with its text does so by failure_raise_error or a sibling of that.
#define error_local(err) struct error err __attribute__((cleanup(error_free))) = {0}

// Writes the sentence and returns false, so that a failing function can `return error_set(...)`.
// `err` may be NULL. The arguments may come from error_text(err) itself.
bool error_set(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
// The sentence, "" when none is set. Valid until the error is set, moved or freed.
const char *error_text(const struct error *err);
bool error_is_set(const struct error *err);
// Gives what `from` holds to `to`, whose own text is freed; none is set in `from` afterwards.
void error_move(struct error *to, struct error *from);
// Frees the text; none is set afterwards.
void error_free(struct error *err);
