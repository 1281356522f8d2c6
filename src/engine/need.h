// need: one thing of the outside that an effect touches, for the door to judge by the rules.
#pragma once

#include "base/value.h"

struct effect;

#define NEED_ANY "ANY" // the verb of a request whose method cannot be told: it may be every one

struct need {
    const char *kind;  // "http", "k8s" ...: the first word of a rule
    const char *verb;  // "GET", "patch"; NULL: the kind has none
    const char *what;  // a URL, "host:port", "ingress/name", a path; NULL: nothing in particular
    const char *place; // a namespace, "*" for all of them; NULL: none
    const struct value *words; // of a command line; NULL: none
    const struct need *next;
};

// Adds a need to the effect; the texts are copied.
void need_add(struct effect *, const char *kind, const char *verb, const char *what,
              const char *place);
// Adds that of a command line.
void need_add_words(struct effect *, const char *kind, const struct value *words);
