// mint: makes a private CA and a server certificate signed by it, for the sandbox and for tests.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct mint {
    char *ca_pem, *cert_pem, *key_pem; // PEM text; cert_pem is the leaf alone
};

// Makes EC P-256 keys, a CA and a leaf for the comma-parted names (DNS names, wildcards,
// addresses). not_before_s and not_after_s count from now in seconds, so that an expired leaf can
// be made; the CA is valid around both. False with `err` set when OpenSSL fails.
bool mint_certificate(struct mint *, const char *names, int64_t not_before_s, int64_t not_after_s,
                      struct error *err);
void mint_free(struct mint *);
