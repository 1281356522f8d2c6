// learned: the secrets that a run has come to know on its way (log.mask, an answer's field, a
// Secret). They are in no parameter, so a run that goes on does not know them; the journal keeps
// what they are called, and never what they are.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/value.h"
#include "record/redact.h"
#include "record/store.h"

// Names that are not on record yet.
struct learned {
    char **names;
    size_t count;
};

// The name must not hold a secret that is known.
void learned_add(struct learned *, const struct redact *, const char *name);
// Writes them, inside a transaction; to write them again changes nothing. False with `err` set.
bool learned_write(const struct learned *, struct store *, const char *run, struct error *err);
// Once that is committed, or never will be.
void learned_clear(struct learned *);

// [ name ] of what the run had learned; empty also where the journal is older than that. NULL with
// `err` set when it cannot be read.
struct value *learned_names(struct store *, const char *run, struct arena *, struct error *err);
