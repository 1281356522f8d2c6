// need: one thing of the outside that an effect touches, for the door to judge by the rules.
#pragma once

#include "base/value.h"

struct effect;
struct object_type;

#define NEED_ANY "ANY" // the verb of a request whose method cannot be told: it may be every one

struct need {
    const char *kind;  // "http", "k8s" ...: the first word of a rule
    const char *verb;  // "GET", "patch"; NULL: the kind has none
    const char *what;  // a URL, "host:port", "ingress/name", a path; NULL: nothing in particular
    const char *place; // a namespace, "*" for all of them; the folder of a program. NULL: none
    const char *part;  // of an object: its subresource, "scale"; NULL: the object
    const struct object_type *type; // of an object, as the cluster has it; NULL: nobody was asked
    const struct value *words;      // of a command line; NULL: none
    const struct need *next;
};

// Adds a need to the effect; the texts are copied.
void need_add(struct effect *, const char *kind, const char *verb, const char *what,
              const char *place);
// Adds that of a Kubernetes object, or of a part of it.
void need_add_object(struct effect *, const char *verb, const char *what, const char *part,
                     const char *namespace);
// Adds that of a command line, run in a folder (NULL: ours).
void need_add_words(struct effect *, const char *kind, const struct value *words,
                    const char *folder);
// The type of what the effect needs of Kubernetes is known now.
void need_set_type(struct effect *, const struct object_type *);
// What the effect needs of that kind, the first; NULL: nothing.
const struct need *need_of(const struct effect *, const char *kind);
