// keys: members by their keys, at a price that large objects can pay too.
#pragma once

#include "base/value.h"

// Compares two keys by bytes; the sign of the answer is that of memcmp.
int key_compare(const struct value_member *a, const struct value_member *b);
// Returns the members in the order of their keys' bytes, those of one key in the order they were
// set. The caller frees the list; the members are still the object's.
struct value_member **keys_sorted(const struct value *object);
// Of members with one key keeps one: the value of the last, in the place of the first.
void keys_settle(struct value *object);

// Names that were met, each with a value; all zero is none.
struct key_set {
    void *tree;
    struct arena arena; // of the names
};
// Returns the name's entry, NULL when it is not in the set.
struct value_member *key_set_find(const struct key_set *set, const char *name, size_t len);
// Returns the name's entry, added without a value when it was not there. It stays where it is.
struct value_member *key_set_add(struct key_set *set, const char *name, size_t len);
void key_set_free(struct key_set *set); // empties it
