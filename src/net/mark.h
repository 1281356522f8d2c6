// mark: a word that nobody else has, in the environment of a program and so of whatever it starts,
// also where that leaves its group, its session and its output.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"

enum { MARK_SIZE = 33 };

void mark_make(char mark[MARK_SIZE]);
// `env`, "NAME=value" lines or NULL, with the mark, behind those that we bear ourselves. The name
// is none that a parameter could have (RUNBOOK_NAME).
const char *const *mark_environment(struct arena *, const char *const *env, const char *mark);
// Does the file, an /proc/PID/environ, hold the mark? What cannot be read does not. May be called
// from a signal handler.
bool mark_is_in(const char *path, const char *mark);
