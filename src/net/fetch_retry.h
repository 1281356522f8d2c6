// fetch_retry: may an attempt be made again, and after how long.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/fetch_ask.h"

// `attempts`: how many were made so far.
bool retry_wanted(const struct ask *, int attempts, const struct fetch_ending *);
// Milliseconds to wait: what Retry-After says (RFC 9110, 10.2.3), else retry_ms doubled with each
// attempt, of which at random half to all is taken; never more than retry_max_ms.
int64_t retry_delay(const struct fetch_request *, int attempts, const char *headers);
