// fetch_ask: a request copied and checked once, for all its attempts and redirects.
#pragma once

#include <stdbool.h>

#include <curl/curl.h>

#include "base/arena.h"
#include "base/error.h"
#include "net/fetch.h"
#include "net/fetch_url.h"

struct ask {
    struct fetch_request request; // strings copied, defaults filled in
    struct url url;
    struct curl_slist *headers;        // as curl wants them
    struct curl_slist *public_headers; // those fit for any host: none that could be a credential
    struct curl_slist *connect_to;     // as curl wants it
};

// Fills `ask` from the arena. False with `err` set when the request cannot be asked: a header,
// method or user agent that would break out of its line, a URL that is none, an address that is
// none. The copied strings are valid even then.
bool ask_copy(struct ask *, struct arena *, const struct fetch_request *, struct error *err);

// May a request of this method be made twice (RFC 9110, 9.2.2)?
bool ask_repeatable(const struct ask *);
