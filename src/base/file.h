// file: whole files, in and out.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

// Appends what stands in the file to `out` (out->max caps it). False with `err` set: no such file,
// a folder, not readable, too large.
bool file_read(const char *path, struct buf *out, struct error *err);
// Writes the file whole or not at all: beside it first, then renamed; where `path` is a link, what
// it leads to. What is no file (a pipe, a device) is written to in place. False with `err` set.
bool file_write(const char *path, const char *text, size_t len, struct error *err);
