// parts: the automata of a ledger that grows.
#pragma once

#include <stddef.h>

#include "record/find.h"
#include "record/ledger.h"

struct parts;

struct parts *parts_new(void);
void parts_free(struct parts *);
// Adds what coat_read finds in the text, which is not empty, of all the ledger's secrets; `id` is
// their number. It has to be the same ledger every time.
void parts_read(struct parts *, const struct ledger *, const char *text, size_t len,
                size_t shortest, struct finds *);
