// verdict: judges a certificate chain as a strict client would, and says everything that is wrong
// with it rather than the first thing.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <openssl/types.h>

#include "base/error.h"
#include "base/value.h"
#include "net/trust.h"

struct stack_st_X509;

struct verdict_case {
    struct stack_st_X509 *served; // leaf first, then whatever else came; at least one
    const struct trust *trust;
    const char *host; // a DNS name or an address; NULL: not judged
    int64_t at;       // seconds since 1970
};

// Judges as a TLS server at security level 2 (RFC 5280, RFC 6125; OpenSSL's X509_verify_cert) and
// sets these members of the object `into`, as described in handshake.h:
//   ok, errors, cause, host_ok (null without a host), chain, verified, chain_complete,
//   chain_order_ok, days_left, days_left_verified (null without a verified chain), must_staple
//
// An issuer that is missing is a root that nobody trusts here or a certificate that the server
// forgot: the fault is told by what is known, in this order. The authority key identifier says
// whether the issuer signed itself. A root of that very name is trusted, but with another key:
// untrusted. It is missing above an intermediate: untrusted, since roots need not be served. It is
// missing above a lone leaf: forgotten; but untrusted when judged by the system's roots and the
// leaf bears neither an AIA address nor an SCT, as every leaf below a public root does.
void verdict_set(struct arena *, struct value *into, const struct verdict_case *);

// The same for PEM text: the leaf (more certificates after it count as served), intermediates and
// roots (NULL: none, and the system's). NULL with `err` set when one of them cannot be read.
struct value *verdict_of_pem(struct arena *, const char *leaf, const char *intermediates,
                             const char *roots, const char *host, int64_t at, struct error *err);

// The name or address as a certificate would have it: without brackets and without the last dot.
const char *verdict_host(struct arena *, const char *host);
// It is an IP address rather than a name.
bool verdict_host_is_address(const char *host);
