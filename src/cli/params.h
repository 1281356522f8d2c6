// params: gives a loaded runbook its parameters, from the command line, the environment and a file.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/value.h"

struct history;
struct options;
struct redact;
struct run;

struct params {
    const struct history *history; // of a run that goes on: its values stand; else NULL
    struct redact *given;          // gets the secret parameters, too; what steps learn is not in it
    struct value *shown;           // { name: text } for people, secrets masked
    struct value *texts;           // the same with the secrets themselves
    struct value *kept;            // { name: value } without secrets, for the journal
    struct value *assumed;         // [ name ] of secrets that an offline plan has stand-ins for
    const char *target;            // what the runbook works on, "" when it does not say
    const char *lease;             // the Lease it wants to hold, "" for none
    struct value *problems;        // [ text ] when something is wrong with the parameters
};

// Resolves and checks every parameter, makes the run object of the step functions, and adds secrets
// to `secrets`. False with `problems` or `err` set. All values are in the run's arena.
bool params_apply(struct run *, const struct options *, struct redact *secrets, struct params *,
                  struct error *err);
