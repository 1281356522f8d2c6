#include "kube/edit.h"

#include "base/buf.h"

// The place of a member or an item: "/metadata/annotations/example.com~1x" (RFC 6901).
static const char *pointer(struct arena *a, const char *base, const char *key)
{
    struct buf path = {0};
    buf_printf(&path, "%s/", base);
    for (const char *p = key; *p; p++) {
        if (*p == '~' || *p == '/')
            buf_puts(&path, *p == '~' ? "~0" : "~1");
        else
            buf_putc(&path, *p);
    }
    const char *copy = arena_copy(a, path.data, path.len);
    buf_free(&path);
    return copy;
}

static void operation_add(struct arena *a, struct value *patch, const char *op, const char *path,
                          const struct value *v)
{
    struct value *operation = value_object(a);
    value_set(a, operation, "op", value_string(a, op));
    value_set(a, operation, "path", value_string(a, path));
    if (v)
        value_set(a, operation, "value", value_copy(a, v));
    value_push(a, patch, operation);
}

static void compare(struct arena *a, struct value *patch, const char *path,
                    const struct value *before, const struct value *after);

// For Kubernetes null is the same as not being there.
static const struct value *present(const struct value *v)
{
    return v && v->type == VALUE_NULL ? NULL : v;
}

static void objects_compare(struct arena *a, struct value *patch, const char *path,
                            const struct value *before, const struct value *after)
{
    for (size_t i = 0; i < before->object.count; i++) {
        const struct value_member *m = &before->object.members[i];
        const char *at = pointer(a, path, m->key);
        const struct value *now = present(value_get(after, m->key));
        if (now)
            compare(a, patch, at, m->value, now);
        else if (present(m->value))
            operation_add(a, patch, "remove", at, NULL);
    }
    for (size_t i = 0; i < after->object.count; i++) {
        const struct value_member *m = &after->object.members[i];
        if (value_get(before, m->key) == NULL && present(m->value))
            operation_add(a, patch, "add", pointer(a, path, m->key), m->value);
    }
}

static const char *item_pointer(struct arena *a, const char *path, size_t i)
{
    return arena_printf(a, "%s/%zu", path, i);
}

// Equal items at both ends stay. Of those between, as many as there are on both sides are compared
// one by one; the rest is removed, or added.
static void arrays_compare(struct arena *a, struct value *patch, const char *path,
                           const struct value *before, const struct value *after)
{
    size_t start = 0, old = before->array.count, new = after->array.count;
    struct value *const *was = before->array.items, *const *is = after->array.items;
    while (start < old && start < new &&value_equal(was[start], is[start]))
        start++;
    while (old > start && new > start && value_equal(was[old - 1], is[new - 1]))
        old--, new --;
    size_t i = start;
    for (; i < old && i < new; i++)
        compare(a, patch, item_pointer(a, path, i), was[i], is[i]);
    for (size_t rest = old; rest > i; rest--)
        operation_add(a, patch, "remove", item_pointer(a, path, rest - 1), NULL);
    for (; i < new; i++)
        operation_add(a, patch, "add", item_pointer(a, path, i), is[i]);
}

static void compare(struct arena *a, struct value *patch, const char *path,
                    const struct value *before, const struct value *after)
{
    if (value_equal(before, after))
        return;
    if (before->type == VALUE_OBJECT && after->type == VALUE_OBJECT)
        objects_compare(a, patch, path, before, after);
    else if (before->type == VALUE_ARRAY && after->type == VALUE_ARRAY)
        arrays_compare(a, patch, path, before, after);
    else
        operation_add(a, patch, "replace", path, after);
}

struct value *kube_edit(struct arena *a, const struct value *before, const struct value *after)
{
    struct value *patch = value_array(a);
    compare(a, patch, "", before, after);
    return patch;
}
