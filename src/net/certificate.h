// certificate: one X.509 certificate as a value: the fields listed in handshake.h.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <openssl/types.h>

#include "base/error.h"
#include "base/value.h"

struct stack_st_X509;

// Describes `cert`; days_left counts from `at`, seconds since 1970.
struct value *certificate_describe(struct arena *, X509 *cert, int64_t at);
// The subject, as in "CN=shop.test,O=Shop" (RFC 4514, UTF-8 kept), or the issuer.
const char *certificate_subject(struct arena *, const X509 *cert);
const char *certificate_issuer(struct arena *, const X509 *cert);
// The alternative names, as in [ "DNS:shop.test" "IP:10.0.0.1" ].
struct value *certificate_names(struct arena *, const X509 *cert);
// Whole days from `at` to the end of validity, rounded down: -1 on the first day after.
int64_t certificate_days_left(const X509 *cert, int64_t at);
// The certificate asks for a stapled OCSP answer (RFC 7633).
bool certificate_must_staple(const X509 *cert);

// Reads every certificate of a PEM text, in order, onto `out`. False with `err` set ("the <what>
// ...") when one is damaged or there is none.
bool certificate_read_all(const char *pem, const char *what, struct stack_st_X509 *out,
                          struct error *err);

// A moment, RFC 3339 in UTC; null when the text in the certificate is no time.
struct value *certificate_time(struct arena *, const ASN1_TIME *);
