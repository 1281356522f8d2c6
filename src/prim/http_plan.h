// http_plan: what a plan makes of requests that are not sent.
#pragma once

#include "engine/effect.h"

// What of a write its summary does not say: method and URL where a label stands for them, and the
// headers without credentials, as e->details.
void http_details(const struct run *run, struct effect *);
// Whether a server that answers with this status has changed nothing: 4xx, save a timeout.
bool http_refuses(int64_t status);
// Sets whether a write would be refused by its assumption, and else what a later GET of the URL
// would be answered after it: the body that it declares, if the assumed status is 2xx; after a
// DELETE 404.
void http_foresee(struct effect *);
// The effect kind's `amend`: puts the declared fields over those of the answer as it is now.
bool http_amend(struct effect *, const char *target, const struct value *object);
