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
// it leads to, and with the mode of what was there. What is no file (a pipe, a device) is written
// to in place, and our own output (/dev/stdout) goes on where it is. False with `err` set.
bool file_write(const char *path, const char *text, size_t len, struct error *err);
// Tries what file_write will do, short of touching what is there already. False with `err` set, to
// be put after "cannot be written to PATH: ".
bool file_may_write(const char *path, struct error *err);
// Can what file_write writes there be read there, later? Not where it is a pipe, a device or our
// own output.
bool file_stays(const char *path);
