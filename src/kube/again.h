// again: may a request to the API server be made again? client-go's rule (facts: kubernetes.md, "On
// the wire"), and patience with a server that is away for a moment.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/fetch.h"

enum { KUBE_RETRIES = 10, KUBE_RETRY_MS = 500 }; // at most so many, the first after so long

// Of one request and its attempts.
struct kube_again {
    bool reads;        // it changes nothing
    bool brisk;        // an answer of 5xx is one
    const bool *known; // the server has answered before
    int64_t deadline;  // of its attempts, on the steady clock
    int64_t pause_ms;  // the longest pause that fetch may make next, without a Retry-After
    int retries;       // that were made
};

// A fetch_request's `again`, with a struct kube_again as its argument.
bool kube_again(const struct fetch_request *, const struct fetch_ending *, void *again);
