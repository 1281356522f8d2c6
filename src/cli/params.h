// params: gives a loaded runbook its parameters, from the command line, the environment and a file.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/value.h"

struct options;
struct redact;
struct run;

// Resolves and checks every parameter, makes the run object of the step functions, and adds secrets
// to `secrets`. Returns the values for people ({ name: text }, secrets masked), in the run's arena;
// NULL with `problems` holding every problem (texts) or `err` a single one.
struct value *params_apply(struct run *, const struct options *, struct redact *secrets,
                           struct value **problems, struct error *err);
