// http_plan: what a plan makes of requests that are not sent.
#pragma once

#include "engine/effect.h"

// What of a write its summary does not say: method and URL where a label stands for them, and the
// headers without credentials, as e->details.
void http_details(const struct run *run, struct effect *);
// Sets what a later GET of the URL would be answered after a write with an assumption: the body
// that it declares; after a DELETE 404. Nothing unless the assumed status is 2xx.
void http_foresee(struct effect *);
// The effect kind's `amend`: puts the declared fields over those of the answer as it is now.
bool http_amend(struct effect *, const char *target, const struct value *object);
