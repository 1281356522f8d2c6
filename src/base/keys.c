#include "base/keys.h"
#include "base/memory.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

// Up to so many members are compared each with each, which is then quicker than sorting them.
enum { FEW = 16 };

int key_compare(const struct value_member *a, const struct value_member *b)
{
    size_t common = a->key_len < b->key_len ? a->key_len : b->key_len;
    int order = memcmp(a->key, b->key, common);
    return order ? order : (a->key_len > b->key_len) - (a->key_len < b->key_len);
}

static int member_compare(const void *left, const void *right)
{
    const struct value_member *a = *(struct value_member *const *)left;
    const struct value_member *b = *(struct value_member *const *)right;
    int order = key_compare(a, b);
    return order ? order : (a > b) - (a < b); // a member set later stands later in memory
}

struct value_member **keys_sorted(const struct value *object)
{
    const size_t count = object->object.count;
    struct value_member **sorted = mem_alloc(count * sizeof(struct value_member *));
    for (size_t i = 0; i < count; i++)
        sorted[i] = &object->object.members[i];
    qsort(sorted, count, sizeof(struct value_member *), member_compare);
    return sorted;
}

static bool few_and_distinct(const struct value *object)
{
    const struct value_member *m = object->object.members;
    if (object->object.count > FEW)
        return false;
    for (size_t i = 1; i < object->object.count; i++)
        for (size_t j = 0; j < i; j++)
            if (m[i].key_len == m[j].key_len && memcmp(m[i].key, m[j].key, m[i].key_len) == 0)
                return false;
    return true;
}

void keys_settle(struct value *object)
{
    if (few_and_distinct(object))
        return;
    const size_t count = object->object.count;
    struct value_member **sorted = keys_sorted(object), *first = NULL;
    for (size_t i = 0; i < count; i++) {
        if (first && key_compare(first, sorted[i]) == 0) {
            first->value = sorted[i]->value;
            sorted[i]->key = NULL;
        } else {
            first = sorted[i];
        }
    }
    free(sorted);
    struct value_member *m = object->object.members;
    object->object.count = 0;
    for (size_t i = 0; i < count; i++)
        if (m[i].key)
            m[object->object.count++] = m[i];
}

static int entry_compare(const void *a, const void *b)
{
    return key_compare(a, b);
}

struct value_member *key_set_find(const struct key_set *set, const char *name, size_t len)
{
    const struct value_member key = {name, len, NULL};
    struct value_member **there = tfind(&key, &set->tree, entry_compare);
    return there ? *there : NULL;
}

struct value_member *key_set_add(struct key_set *set, const char *name, size_t len)
{
    struct value_member *entry = key_set_find(set, name, len);
    if (entry)
        return entry;
    entry = arena_alloc(&set->arena, sizeof *entry);
    entry->key = arena_copy(&set->arena, name, len);
    entry->key_len = len;
    if (tsearch(entry, &set->tree, entry_compare) == NULL)
        memory_end();
    return entry;
}

static void entry_leave(void *entry)
{
    (void)entry; // the arena frees it
}

void key_set_free(struct key_set *set)
{
    tdestroy(set->tree, entry_leave);
    set->tree = NULL;
    arena_free(&set->arena);
}
