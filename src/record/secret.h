// secret: one secret, and how to find it in a text in whatever form it comes.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { SECRET_SHIFTS = 3 };

struct secret {
    char *name;
    char *bytes;
    size_t len;
    char *hex;                   // lower case
    char *base64[SECRET_SHIFTS]; // those characters of it that depend on the secret alone
    bool starts[256];            // bytes with which some form of it may start
};

// Both texts are copied; len > 0.
void secret_set(struct secret *s, const char *name, const char *bytes, size_t len);
void secret_clear(struct secret *s);

// How many of the bytes from `at` on are the secret, in the form that takes most of them; 0: none.
size_t secret_match(const struct secret *s, const char *at, const char *end);

// Whether at..end is a beginning of the secret, in some form: the text was cut, and perhaps there.
bool secret_begins(const struct secret *s, const char *at, const char *end);
