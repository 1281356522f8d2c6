// rule: one line of a declaration of what a runbook may touch, as people write and read it:
//   http GET, POST https://api.stripe.com/v1/* public
//   metrics http://prometheus.monitoring:9090
//   tls shop.example              connect 10.0.0.7:8443          dns *.shop.example
//   k8s get, patch ingresses/canary in prod                      exec kubectl get *
//   k8s patch deployments/*/scale in prod                        exec ./scripts/* *
//   env STRIPE_API_KEY            read /etc/ssl/shop.pem         write reports/*.csv
// The first word is the kind. `*` stands for any text. "*" alone is everything.
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "engine/subject.h"

enum rule_shape {
    SHAPE_NONE, // there is no such kind
    SHAPE_URL,
    SHAPE_ENDPOINT,
    SHAPE_HOST,
    SHAPE_OBJECT,
    SHAPE_FILE,
    SHAPE_NAME,
    SHAPE_WORDS,
};

struct rule {
    const char *text;                 // as it was written
    const char *kind;                 // "*": everything
    const char **verbs;               // NULL-terminated; NULL: any
    const char *what;                 // "*": anything; else the pattern of a file or name
    const char *scheme, *host, *path; // patterns; NULL: any
    const char *type, *name, *part;   // of an object, the same
    int port;                         // -1: any
    bool usual_port;                  // it was not said: denied are all
    const char *place;                // of a namespace; NULL: wherever
    const char **words;               // of a command line, NULL-terminated
    const char *program;              // the first of them, with its folder; NULL: it is a name
    bool address;                     // the host is an IP address
    bool public;                      // only where the address is a public one
    bool void_; // a parameter that it names has no value: it stands for nothing
};

// Gives the text for ${name}, NULL when it has none.
typedef const char *rule_fill(void *arg, const char *name);

enum rule_shape rule_shape(const char *kind);
// Reads a line; each ${name} within a word is filled in, so that no value makes another word of
// itself. Without `fill` they stay. False with `err` set when it is no rule.
bool rule_read(struct arena *, const char *text, rule_fill *fill, void *arg, struct rule *,
               struct error *err);
// Does it cover the subject: by every reading of it (for what is allowed), or by any (denied)?
bool rule_covers(const struct rule *, const struct subject *, bool every_reading);
// The parts of the rule that covers just this subject, { kind, verb, what, place }, as far as it
// has them, and of a command line its bare words; and the line that they make.
struct value *rule_parts(struct arena *, const struct subject *);
const char *rule_line(struct arena *, const struct value *parts);
// A word as a rule may have it, what cannot be written a `*`; and one that may have "${name}", as
// it is written in a line.
const char *rule_literal(struct arena *, const char *text);
const char *rule_quote(struct arena *, const char *word);
