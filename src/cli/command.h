// command: the output of a program that is run before the run begins, for a parameter.
#pragma once

#include "base/arena.h"
#include "base/error.h"

struct loop;

// Runs argv (NULL-terminated) with our terminal, so that it may ask a person, and returns what it
// printed, without white space at its end. NULL with `err` set when it fails, says nothing, or
// takes longer than two minutes.
const char *command_output(struct loop *, struct arena *, const char *const *argv,
                           struct error *err);
