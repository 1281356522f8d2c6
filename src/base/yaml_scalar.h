// yaml_scalar: what a plain (unquoted) scalar means, and what a tag says it is.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/value.h"

// Reads text[0..len), which a NUL follows, by YAML's core schema and fills *v; a string refers to
// `text` itself. As kubectl does, reads a whole number with a leading 0 as octal (mode 0644 is 420)
// where its digits allow, and leaves as text what does not fit (1e999). .inf and .nan become floats
// that are not finite: no value may hold them, so the caller refuses them.
void yaml_scalar(const char *text, size_t len, struct value *v);
// The same as kubectl does in manifests, by YAML 1.1 as its library has it: y, yes, on, n, no and
// off are booleans, too, 0b11 is an integer, and numbers can have _ in them.
void yaml_scalar_old(const char *text, size_t len, struct value *v);
// Whether every reader of YAML 1.1 or 1.2 takes `text` for a string when it stands without quotes:
// "no", "12:30" and "2024-01-01" are not such. What YAML's punctuation forbids is not looked at:
// the emitter does that.
bool yaml_scalar_is_text(const char *text, size_t len);

#define YAML_CORE "tag:yaml.org,2002:" // what !! stands for

// Finds the type that a tag, in full, asks for; false when it is none of the core schema's. What is
// tagged !!binary is a string and stays encoded.
bool yaml_tag(const char *tag, enum value_type *type);
