// http_answer: what came back for a request, as the effect's answer.
#pragma once

#include "engine/effect.h"
#include "net/fetch.h"

// Sets the effect's result and answer, or its error, and what of a write is in doubt or was
// refused. Masks what the author says is secret in it first.
void http_answered(struct effect *, const struct fetch_result *);
// The effect kind's `complete`: { status (default 200), headers, json or body } in the shape of a
// real answer.
struct value *http_answer_complete(struct effect *, const struct value *given);
