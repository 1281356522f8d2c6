// userinfo: user names and passwords in URLs (RFC 3986, section 3.2.1), as in
// "https://ops:pw@shop.example/".
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct userinfo {
    const char *user, *password; // as they stand in the text, percent-encoded or not
    size_t user_len, password_len;
};

// The next URL with a password in a text of any kind, from at to end; false when there is none.
bool userinfo_next(const char *at, const char *end, struct userinfo *);
// That of a text which is a URL, or is to be one: blanks and quotes do not end it.
bool userinfo_of(const char *url, struct userinfo *);
// A text with "***" in place of each password of a URL in it; the text itself when there is none.
const char *userinfo_hidden(struct arena *, const char *text, size_t len, size_t *out_len);
// May the password be masked wherever it appears? Not where it is the user's name as well, which is
// shown.
bool userinfo_is_secret(const struct userinfo *);
// What people are told instead of it.
const char *userinfo_name(struct arena *, const struct userinfo *);
// The password as it is sent: percent-decoded.
const char *userinfo_password(struct arena *, const struct userinfo *);
