#include "base/value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/keys.h"

static struct value *value_new(struct arena *a, enum value_type type)
{
    struct value *v = arena_alloc(a, sizeof *v);
    v->type = type;
    return v;
}

struct value *value_null(struct arena *a)
{
    return value_new(a, VALUE_NULL);
}

struct value *value_bool(struct arena *a, bool b)
{
    struct value *v = value_new(a, VALUE_BOOL);
    v->boolean = b;
    return v;
}

struct value *value_int(struct arena *a, int64_t n)
{
    struct value *v = value_new(a, VALUE_INT);
    v->integer = n;
    return v;
}

struct value *value_float(struct arena *a, double n)
{
    if (!isfinite(n))
        return value_null(a);
    struct value *v = value_new(a, VALUE_FLOAT);
    v->number = n;
    return v;
}

struct value *value_bytes(struct arena *a, const char *p, size_t len)
{
    struct value *v = value_new(a, VALUE_STRING);
    v->string.text = arena_copy(a, p, len);
    v->string.len = len;
    return v;
}

struct value *value_string(struct arena *a, const char *text)
{
    return text ? value_bytes(a, text, strlen(text)) : value_null(a);
}

struct value *value_printf(struct arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct value *v = value_new(a, VALUE_STRING);
    v->string.text = arena_vprintf(a, format, args);
    v->string.len = strlen(v->string.text);
    va_end(args);
    return v;
}

struct value *value_array(struct arena *a)
{
    return value_new(a, VALUE_ARRAY);
}

struct value *value_object(struct arena *a)
{
    return value_new(a, VALUE_OBJECT);
}

// Returns room for twice as many things of `size` bytes, holding the old ones; *room is updated.
static void *double_room(struct arena *a, const void *old, size_t count, size_t *room, size_t size)
{
    *room = *room ? *room * 2 : 4;
    void *fresh = arena_alloc(a, *room * size);
    if (count)
        memcpy(fresh, old, count * size);
    return fresh;
}

void value_push(struct arena *a, struct value *array, struct value *item)
{
    if (array->array.count == array->array.room)
        array->array.items = double_room(a, array->array.items, array->array.count,
                                         &array->array.room, sizeof(struct value *));
    array->array.items[array->array.count++] = item;
}

void value_append(struct arena *a, struct value *object, const char *key, size_t len,
                  struct value *v)
{
    if (object->object.count == object->object.room)
        object->object.members = double_room(a, object->object.members, object->object.count,
                                             &object->object.room, sizeof(struct value_member));
    object->object.members[object->object.count++] =
        (struct value_member){arena_copy(a, key, len), len, v};
}

static struct value_member *member_find(const struct value *v, const char *key, size_t len)
{
    if (v == NULL || v->type != VALUE_OBJECT)
        return NULL;
    for (size_t i = 0; i < v->object.count; i++) {
        struct value_member *m = &v->object.members[i];
        if (m->key_len == len && memcmp(m->key, key, len) == 0)
            return m;
    }
    return NULL;
}

void value_set(struct arena *a, struct value *object, const char *key, struct value *v)
{
    struct value_member *m = member_find(object, key, strlen(key));
    if (m)
        m->value = v;
    else
        value_append(a, object, key, strlen(key), v);
}

void value_remove(struct value *object, const char *key)
{
    struct value_member *m = member_find(object, key, strlen(key));
    if (m == NULL)
        return;
    size_t after = (size_t)(object->object.members + object->object.count - (m + 1));
    memmove(m, m + 1, after * sizeof *m);
    object->object.count--;
}

struct value *value_get(const struct value *v, const char *key)
{
    struct value_member *m = member_find(v, key, strlen(key));
    return m ? m->value : NULL;
}

struct value *value_at(const struct value *v, size_t index)
{
    bool there = v && v->type == VALUE_ARRAY && index < v->array.count;
    return there ? v->array.items[index] : NULL;
}

struct value *value_path(const struct value *v, const char *path)
{
    const struct value *at = v;
    while (at) {
        size_t len = strcspn(path, ".");
        struct value_member *m = member_find(at, path, len);
        at = m ? m->value : NULL;
        if (path[len] == '\0')
            break;
        path += len + 1;
    }
    return (struct value *)at;
}

size_t value_count(const struct value *v)
{
    if (v == NULL)
        return 0;
    return v->type == VALUE_ARRAY ? v->array.count : v->type == VALUE_OBJECT ? v->object.count : 0;
}

const char *value_text(const struct value *v)
{
    return v && v->type == VALUE_STRING ? v->string.text : "";
}

const char *value_get_text(const struct value *v, const char *key)
{
    return value_text(value_get(v, key));
}

int64_t value_get_int(const struct value *v, const char *key, int64_t fallback)
{
    const struct value *n = value_get(v, key);
    return n && n->type == VALUE_INT ? n->integer : fallback;
}

bool value_get_bool(const struct value *v, const char *key, bool fallback)
{
    const struct value *b = value_get(v, key);
    return b && b->type == VALUE_BOOL ? b->boolean : fallback;
}

static bool items_equal(const struct value *a, const struct value *b)
{
    if (a->array.count != b->array.count)
        return false;
    for (size_t i = 0; i < a->array.count; i++)
        if (!value_equal(a->array.items[i], b->array.items[i]))
            return false;
    return true;
}

static bool members_equal(const struct value *a, const struct value *b)
{
    if (a->object.count != b->object.count)
        return false;
    struct value_member **left = keys_sorted(a), **right = keys_sorted(b);
    bool equal = true;
    for (size_t i = 0; equal && i < a->object.count; i++)
        equal = key_compare(left[i], right[i]) == 0 && value_equal(left[i]->value, right[i]->value);
    free(left);
    free(right);
    return equal;
}

bool value_equal(const struct value *a, const struct value *b)
{
    if (a == NULL || b == NULL || a->type != b->type)
        return a == b;
    switch (a->type) {
    case VALUE_NULL:
        return true;
    case VALUE_BOOL:
        return a->boolean == b->boolean;
    case VALUE_INT:
        return a->integer == b->integer;
    case VALUE_FLOAT:
        return a->number == b->number && signbit(a->number) == signbit(b->number);
    case VALUE_STRING:
        return a->string.len == b->string.len &&
               memcmp(a->string.text, b->string.text, a->string.len) == 0;
    case VALUE_ARRAY:
        return items_equal(a, b);
    case VALUE_OBJECT:
        return members_equal(a, b);
    }
    return false;
}

struct value *value_map(struct arena *a, const struct value *v, value_change *change,
                        const void *arg)
{
    if (v == NULL)
        return NULL;
    if (v->type == VALUE_STRING && change)
        return change(a, v, arg);
    struct value *copy = value_new(a, v->type);
    switch (v->type) {
    case VALUE_STRING:
        copy->string.text = arena_copy(a, v->string.text, v->string.len);
        copy->string.len = v->string.len;
        break;
    case VALUE_ARRAY:
        for (size_t i = 0; i < v->array.count; i++)
            value_push(a, copy, value_map(a, v->array.items[i], change, arg));
        break;
    case VALUE_OBJECT:
        for (size_t i = 0; i < v->object.count; i++) {
            const struct value_member *m = &v->object.members[i];
            value_append(a, copy, m->key, m->key_len, value_map(a, m->value, change, arg));
        }
        break;
    default:
        *copy = *v;
    }
    return copy;
}

struct value *value_copy(struct arena *a, const struct value *v)
{
    return value_map(a, v, NULL, NULL);
}
