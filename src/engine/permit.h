// permit: what a run may touch: the rules that its runbook declares (`allow`), with those of
// --allow beside them and without what --deny takes away. The door asks for each effect, and those
// who perform it for each redirect and each address.
#pragma once

#include <sys/socket.h>

#include "engine/rule.h"
#include "net/guard.h"

struct run;
struct effect;
struct permit;

// Reads the rules: what the runbook declares (an array of texts, NULL: nothing, and then everything
// is allowed unless --allow says what is), --allow and --deny (NULL-terminated, may be NULL).
// `fill` as for rule_read. NULL with `err` set when a line is no rule.
struct permit *permit_new(const struct value *declared, const char *const *allow,
                          const char *const *deny, rule_fill *fill, void *arg, struct error *err);
void permit_free(struct permit *);

// May the effect be? False with `text` set, in its arena: what it lacks and the line to add.
bool permit_effect(struct effect *, const char **text);
// Has the cluster to be asked for the type of the object before it is judged?
bool permit_wants_type(const struct effect *);
// May it be, of an object of that type? False with `err` set: what it lacks. For those who ask for
// the type once more, when it may be another one.
bool permit_type(const struct effect *, const struct object_type *, struct error *err);
// The same of a need of the run itself. NULL when it may be.
const char *permit_need(struct run *, struct arena *, const struct need *);
// An address that the DNS gave for a name that may be asked for may be connected to by it.
void permit_learn(struct run *, const char *address);
// Asks of every redirect and connection of the effect; valid as long as it.
struct guard permit_guard(struct effect *);
