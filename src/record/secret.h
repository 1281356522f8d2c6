// secret: one secret, and the texts that are it.
#pragma once

#include <stddef.h>

enum { SECRET_CHECK = 4 };

struct secret {
    char *name;
    char *bytes;
    size_t len;
    char **forms;                 // other texts of it, as the number it is; NULL-terminated
    char check[SECRET_CHECK + 1]; // hex digits of a digest of both
};

// Both texts are copied; len > 0. Forms of fewer than `shortest` bytes are left out.
void secret_set(struct secret *s, const char *name, const char *bytes, size_t len, size_t shortest);
void secret_clear(struct secret *s);
