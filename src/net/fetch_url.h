// fetch_url: an http or https URL taken apart.
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

struct url {
    const char *text; // the whole, without user, password and fragment
    const char *host; // an IPv6 address in its brackets
    int port;
    bool secure;                 // https
    const char *user, *password; // decoded; NULL when the URL has none
};

// Takes `text` apart, into the arena. False with `err` set when it is no http or https URL.
bool url_parse(struct url *, struct arena *, const char *text, struct error *err);
// Same scheme, host and port: what one of them may know, the other may.
bool url_same_origin(const struct url *, const struct url *);
