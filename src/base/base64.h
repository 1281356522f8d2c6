// base64: RFC 4648 section 4, as kubeconfig's *-data fields, Basic credentials and webhooks use it.
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

// Decodes text (line ends are skipped, as Go does; padding is required) into arena bytes ended by a
// NUL that *len does not count. NULL with `err` set, naming the first wrong character.
char *base64_decode(struct arena *, const char *text, size_t *len, struct error *err);
char *base64_encode(struct arena *, const char *bytes, size_t len);
