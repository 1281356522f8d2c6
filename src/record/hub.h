// hub: the one listener the engine talks to. It masks the secrets of every event and passes it on.
#pragma once

#include <stddef.h>

#include "engine/event.h"
#include "record/redact.h"

// `secrets` and the listeners stay the caller's and must outlive the hub; the array is copied.
// Secrets added to `secrets` later count from then on. The listeners hear each event in order;
// before them `first`, which masks by itself (the journal), as it is. NULL: there is none.
struct listener *hub_new(const struct redact *secrets, struct listener *first,
                         struct listener *const *listeners, size_t count);
void hub_free(struct listener *hub);
