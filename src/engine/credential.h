// credential: the passwords of URLs, which are secrets from the moment on that one is seen.
#pragma once

struct run;
struct value;

// Learns that of a text which is a URL, or is to be one. NULL is none.
void credential_of_url(struct run *, const char *url);
// Those of all URLs in the texts of a list, or of an object's members. NULL has none.
void credential_of_texts(struct run *, const struct value *texts);
