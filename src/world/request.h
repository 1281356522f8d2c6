// request: an HTTP request as a world's handler sees it.
#pragma once

#include <stdbool.h>

#include "base/value.h"

struct exchange;

// { service, method, target, path (percent-decoded), query { key: last value },
//   queries [ { k, v } ], headers (lower-case; equal names joined by ", "), body, peer }
struct value *request_read(struct arena *a, const struct exchange *, const char *service);
// The same, from its parts.
struct request_parts {
    const char *method, *target;
    struct value *headers; // names in lower case
    const char *body;
    size_t len;
};
struct value *request_make(struct arena *a, const char *service, const struct request_parts *);
// Whether the request asks for a change: any method but GET, HEAD and OPTIONS, unless its query
// says dryRun=All.
bool request_writes(const struct value *request);
