// yaml: YAML 1.1 text (libyaml) <-> value, with the core schema of plain scalars.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/value.h"

enum { YAML_MAX_DEPTH = 100, YAML_MAX_NODES = 1000000 };

// Reads every document of a stream into one array. NULL with `err` set (line and column, what
// stands there) when it does not parse, nests too deep, a key is not a scalar or stands twice, or
// aliases unfold into more than YAML_MAX_NODES nodes. Plain scalars: null ~ empty, true false,
// decimal, 0x and 0o integers, floats; "yes", "no", "on", "off" and dates stay strings; 0644 is
// octal, as it is for kubectl; .inf and .nan are errors. Keys are text. Anchors and merge keys (<<)
// are followed, every alias to a copy of its own. Tags: those of the core schema, and !!binary,
// which stays encoded; any other is an error.
struct value *yaml_parse(struct arena *a, const char *text, size_t len, struct error *err);
// The same, with plain scalars as kubectl takes them in manifests: see yaml_scalar_old.
struct value *yaml_parse_old(struct arena *a, const char *text, size_t len, struct error *err);
// Appends one document in block style; a string that any reader, of YAML 1.1 too, would read back
// as another type is quoted. The caller writes the "---" between two. False when out's cap is
// passed.
bool yaml_write(struct buf *out, const struct value *v);
