// value: plain data as JSON knows it. What an effect is asked with, answers with and journals:
// the one form that C, Lua, JSON and YAML all turn into and out of. Values live in an arena.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum value_type {
    VALUE_NULL,
    VALUE_BOOL,
    VALUE_INT,   // whole numbers that fit 64 bits, exact
    VALUE_FLOAT, // every other number; never NaN nor infinite
    VALUE_STRING,
    VALUE_ARRAY,
    VALUE_OBJECT,
};

struct value {
    enum value_type type;
    union {
        bool boolean;
        int64_t integer;
        double number;
        struct {
            const char *text; // NUL-terminated, and may hold NUL bytes before that
            size_t len;
        } string;
        struct {
            struct value **items;
            size_t count, room;
        } array;
        struct {
            struct value_member *members; // in the order they were set
            size_t count, room;
        } object;
    };
};

struct value_member {
    const char *key; // NUL-terminated
    size_t key_len;
    struct value *value;
};

struct value *value_null(struct arena *a);
struct value *value_bool(struct arena *a, bool b);
struct value *value_int(struct arena *a, int64_t n);
struct value *value_float(struct arena *a, double n);          // NaN and infinities become null
struct value *value_string(struct arena *a, const char *text); // copies; NULL becomes null
struct value *value_bytes(struct arena *a, const char *p, size_t len); // copies
struct value *value_printf(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct value *value_array(struct arena *a);
struct value *value_object(struct arena *a);

void value_push(struct arena *a, struct value *array, struct value *item);
// Sets a member, replacing one of the same key.
void value_set(struct arena *a, struct value *object, const char *key, struct value *v);
// Appends a member without looking for an earlier one: for builders whose keys are distinct.
void value_append(struct arena *a, struct value *object, const char *key, size_t len,
                  struct value *v);
void value_remove(struct value *object, const char *key);

// Readers: NULL, "", 0 or the fallback when `v` is NULL, of another type or has no such member.
struct value *value_get(const struct value *v, const char *key);
struct value *value_at(const struct value *v, size_t index); // item of an array, from 0
// Follows keys that are parted by dots: value_path(v, "metadata.name"). Keys with dots: value_get.
struct value *value_path(const struct value *v, const char *path);
size_t value_count(const struct value *v);     // items or members
const char *value_text(const struct value *v); // "" unless a string
const char *value_get_text(const struct value *v, const char *key);
int64_t value_get_int(const struct value *v, const char *key, int64_t fallback);
bool value_get_bool(const struct value *v, const char *key, bool fallback);

bool value_equal(const struct value *a, const struct value *b); // objects compare without order
struct value *value_copy(struct arena *a, const struct value *v);
// A copy with every text, but not the names of members, changed by `change`. NULL of NULL.
typedef struct value *value_change(struct arena *, const struct value *text, const void *arg);
struct value *value_map(struct arena *a, const struct value *v, value_change *change,
                        const void *arg);
