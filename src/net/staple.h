// staple: the OCSP answer that a server hands over with its certificate (RFC 6066, 8).
#pragma once

#include <stddef.h>

#include <openssl/types.h>

#include "base/value.h"

// Reads the answer about `leaf`: { status, this_update, next_update }, the times RFC 3339 or null.
// status: "good", "revoked" or "unknown" as it says, "other_certificate" when it is about another
// one, "unreadable", or the responder's refusal, such as "trylater". Its signature is not verified.
struct value *staple_describe(struct arena *, const unsigned char *der, size_t len, X509 *leaf);
