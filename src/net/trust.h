// trust: the root certificates a chain is judged by.
#pragma once

#include <stdbool.h>

#include <openssl/types.h>

#include "base/error.h"

struct trust {
    X509_STORE *store;
    bool given; // by the caller, rather than the system's
};

// Takes the PEM text, else the PEM file, else the system's roots, which are read once and shared by
// everyone who asks. False with `err` set when they cannot be read.
bool trust_open(struct trust *, const char *ca_file, const char *ca_pem, struct error *err);
void trust_close(struct trust *);
