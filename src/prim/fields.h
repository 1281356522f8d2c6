// fields: what a server may find by name in a query or a body, in whatever coat it comes.
//
// Who judges a body by the one type that it claims to have is got around by the other ones, so each
// reading here takes what may be there rather than what must: doubled members, names in escapes,
// what stands behind a NUL byte, JSON that only lenient readers take.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

// Which names are wanted, and who is told of each that is found with its value, both unescaped.
struct fields {
    struct arena *arena;
    bool (*wants)(const char *name);
    void (*tell)(void *arg, const char *value);
    void *arg;
};

// Fields as a form or a URL has them: a=1&b=2, which older servers also part by ';'.
void fields_form(const struct fields *, const char *text, size_t len);
// Members of a JSON object; of text that is not strictly JSON at any depth.
void fields_json(const struct fields *, const char *text, size_t len);
// Parts of a multipart body. The value of one whose name cannot be read here is told as NULL.
void fields_multipart(const struct fields *, const char *text, size_t len);
