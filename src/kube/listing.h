// listing: the chunks of a list joined into one.
#pragma once

#include "base/value.h"
#include "kube/wire.h"

struct kube_listing {
    int64_t limit;       // for the next chunk; 0: everything at once
    const char *next;    // the token of the next chunk, or NULL
    struct value *whole; // what arrived so far
};

// Adds an answer. True when there is more to ask for: another chunk, or, when the server has
// forgotten where we were (410), everything again in one piece. False when the list is complete, or
// the answer is a failure.
bool kube_listing_goes_on(struct arena *, struct kube_listing *, const struct kube_answer *);
