// signature: Ed25519 (RFC 8032), with keys in PEM files as `openssl genpkey -algorithm ed25519` and
// `openssl pkey -pubout` write them.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { SIGNATURE_SIZE = 64, SIGNATURE_KEY_SIZE = 32 };

// Signs the bytes with the private key in the file; `key` gets its public half. False with `err`
// set: no such file, not a private key, another kind of key, a passphrase.
bool signature_make(const char *path, const void *bytes, size_t len,
                    unsigned char out[SIGNATURE_SIZE], unsigned char key[SIGNATURE_KEY_SIZE],
                    struct error *err);
// Reads the public key in the file; also from a private one. As signature_make.
bool signature_key(const char *path, unsigned char key[SIGNATURE_KEY_SIZE], struct error *err);
// True when the signature of the bytes is by the owner of the key.
bool signature_holds(const unsigned char key[SIGNATURE_KEY_SIZE], const void *bytes, size_t len,
                     const unsigned char signature[SIGNATURE_SIZE]);
