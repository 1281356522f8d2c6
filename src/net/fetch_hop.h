// fetch_hop: one request on the wire: what curl is told about it, and where a redirect leads.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

#include "net/fetch_ask.h"

// What changes from one redirect to the next.
struct hop {
    const char *method;
    struct url url;
    bool body;    // still sent
    bool trusted; // still at the host that was asked: it may see the credentials
    int64_t timeout_ms;
    bool shaking; // its TLS handshake has begun
};

// The first hop of an attempt.
struct hop hop_first(const struct ask *);
// Tells curl, through a handle fresh from curl_easy_reset. `ask` and `hop` must outlive the
// transfer.
bool hop_set(CURL *, const struct ask *, struct hop *);
// Writes into `result` what the transfer came to so far: status, peer, version, times and `sent`.
// Times of curl count from the start of the hop, `offset` seconds after that of the attempt.
void hop_measure(CURL *, struct arena *, double offset, struct fetch_result *);
// Turns `hop` into the one that a redirect with this status (RFC 9110, 15.4) to `location`, a whole
// URL, asks for. Another scheme, host or port is another host: from there on only harmless headers
// are sent, no user, no client certificate and no body. False with `err` set when it is not to be
// followed.
bool hop_redirect(struct hop *, struct arena *, const struct ask *, int status,
                  const char *location, struct error *err);
