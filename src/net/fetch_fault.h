// fetch_fault: what went wrong with a transfer, in words for a person.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

#include "base/error.h"
#include "net/fetch_hop.h"

struct fault {
    struct error error;
    const char *code; // base/code.h
    bool transient;   // the same may well succeed later
    bool refused;     // by the server's TLS, which read nothing of the request
};

// How far the hop had come.
struct progress {
    int status;         // of the answer; 0 when none had begun
    int64_t bytes;      // of its body
    const char *detail; // curl's own words, "" for none
};

// Forgets what went wrong, for the next attempt.
void fault_clear(struct fault *);
// Describes why the transfer on the handle ended with `code`, which is not CURLE_OK.
void fault_describe(struct fault *, CURL *, CURLcode code, const struct ask *, const struct hop *,
                    const struct progress *);
// Says that libcurl called `function`, of a library that the program is built without.
void fault_missed(struct fault *, const char *function, const struct hop *);
