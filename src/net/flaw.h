// flaw: one thing that is wrong with a certificate chain, as a value.
#pragma once

#include <openssl/types.h>

#include "base/value.h"

// Turns an X509_V_ERR_ code of OpenSSL, found in `cert` (which may be NULL) `depth` steps above the
// leaf, into { code, name, depth, message }. The message names the certificate; `host` is the one
// it was judged for.
struct value *flaw_describe(struct arena *, int code, int depth, X509 *cert, const char *host);
