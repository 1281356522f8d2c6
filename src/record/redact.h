// redact: a set of secrets, and texts with every one of them masked, in whatever coat it comes.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/value.h"
#include "record/find.h"
#include "record/secret.h"

enum { REDACT_SHORTEST = 4, REDACT_SHORTEST_LINE = 8 };

struct redact;

struct redact *redact_new(void);
void redact_free(struct redact *r);

// Adds a secret; both texts are copied. False, and nothing is added, when it is shorter than
// REDACT_SHORTEST bytes: masking it would blot out ordinary text. The same bytes twice keep the
// first name. Secrets that are known by then are a `*` in the name. Each of its lines of at least
// REDACT_SHORTEST_LINE bytes, without the blanks around it, is a secret as well, named "NAME line
// 2"; those that frame a PEM block are not.
bool redact_add(struct redact *r, const char *name, const char *bytes, size_t len);

// Returns text[0..len) with every secret replaced by "[secret NAME]", in any of these coats:
// - as it is, of eight bytes or more in any case;
// - with any of its characters, all or a few, percent-encoded (a space may be a plus), escaped as
// in
//   JSON, YAML, Lua, C and a shell (\n \" \/ \u0041 \u{41} \U00000041 \x41 \065 \101 '\''),
//   referred to as in HTML (&lt; &#60; &#x3c;), or doubled, as quotes are in YAML and CSV;
// - so once more over that: JSON within JSON, or in a URL, HTML within JSON, percent twice;
// - in hex, and in base64 (both alphabets, at any place inside a longer encoded text, folded into
//   lines or not);
// - a number also without its leading zeros, with ".0" behind it, with an exponent, and as a float
//   has it that has no more than 14 to 17 digits; but none of which fewer than REDACT_SHORTEST
//   bytes are left without leading zeros.
// Not in another coat: compressed, encrypted, base64 of base64, reversed, rounded to fewer digits,
// in parts. Where several start at one place the longest is taken; of overlapping ones no byte
// remains. Linear in the text, whatever there are of secrets. NUL-terminated, *out_len without the
// NUL; the caller frees it.
char *redact_text(const struct redact *r, const char *text, size_t len, size_t *out_len);

// How much of text[0..len), which was cut there, can be told: a beginning of a secret of at least
// REDACT_SHORTEST bytes at its end would not be known again.
size_t redact_whole(const struct redact *r, const char *text, size_t len);

// Where secrets stand in the text in any of these forms, in order, none within another; `id` is
// what redact_at takes. To be freed by finds_free.
struct finds redact_finds(const struct redact *r, const char *text, size_t len);
// The secret that is just these bytes, or NULL.
const struct secret *redact_find(const struct redact *r, const char *bytes, size_t len);
// The secret of that index, from 0; NULL behind the last.
const struct secret *redact_at(const struct redact *r, size_t index);

// Returns a deep copy of `v` in `a` with all strings and keys masked, and a number that is a secret
// by itself. NULL stays NULL.
struct value *redact_value(struct arena *a, const struct redact *r, const struct value *v);
// Whether `v` is a number that is a secret by itself, as an integer or a float.
bool redact_has_number(const struct redact *r, const struct value *v);

bool redact_empty(const struct redact *r); // true also for NULL
