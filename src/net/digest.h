// digest: SHA-256, its HMAC (RFC 2104), and comparing without telling by time where two texts part.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { DIGEST_SIZE = 32 };

void digest_sha256(const void *bytes, size_t len, unsigned char out[DIGEST_SIZE]);
// The key is shorter than 2 GiB.
void digest_hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t len,
                        unsigned char out[DIGEST_SIZE]);
// True when the two hold the same bytes. Takes as long wherever they differ; their lengths are no
// secret.
bool digest_equal(const void *a, size_t a_len, const void *b, size_t b_len);
// Fills `out`, shorter than 2 GiB, with bytes that nobody can guess; false when the system has
// none.
bool digest_random(void *out, size_t len);
// Writes the bytes as 2 * len lower-case hex digits into out, without a NUL.
void digest_hex(const void *bytes, size_t len, char *out);
