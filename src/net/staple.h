// staple: the OCSP answer that a server hands over with its certificate (RFC 6066, 8).
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

#include "base/value.h"

struct stack_st_X509;

// Reads the answer about the first of `served`: { status, this_update, next_update, fresh,
// signature_ok }, the times RFC 3339 or null.
//   status        "good", "revoked" or "unknown" as it says, "other_certificate" when it is about
//                 another one, "unreadable", or the responder's refusal, such as "trylater"
//   fresh         it holds at `at`, seconds since 1970, give or take five minutes
//   signature_ok  it is signed by the leaf's issuer or by whom that has named its responder (RFC
//                 6960, 4.2.2.2); null when the issuer is not among `served`
struct value *staple_describe(struct arena *, const unsigned char *der, size_t len,
                              struct stack_st_X509 *served, int64_t at);
