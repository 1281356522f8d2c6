#include "prim/changes.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "engine/quote.h"

enum { MOST_ROWS = 60, LONGEST_TEXT = 200 };

static bool is_kept_by_server(const char *path)
{
    static const char *const names[] = {"metadata.managedFields",     "metadata.resourceVersion",
                                        "metadata.generation",        "metadata.uid",
                                        "metadata.creationTimestamp", "metadata.selfLink"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(path, names[i]) == 0)
            return true;
    return false;
}

// Where the rows go.
struct listing {
    const struct run *run;
    struct arena *arena;
    struct value *rows;
};

static struct value *shown(const struct listing *l, const struct value *v)
{
    struct arena *a = l->arena;
    if (v == NULL)
        return value_null(a);
    struct buf text = {0};
    json_write(&text, v, JSON_COMPACT);
    struct value *s =
        value_string(a, quote(l->run, a, buf_text(&text), text.len, CLIP_TEXT, LONGEST_TEXT));
    buf_free(&text);
    return s;
}

static void add_row(const struct listing *l, const char *path, const struct value *old,
                    const struct value *new)
{
    struct arena *a = l->arena;
    if (value_count(l->rows) >= MOST_ROWS)
        return;
    struct value *row = value_object(a);
    value_set(a, row, "path", value_string(a, path));
    value_set(a, row, "old", shown(l, old));
    value_set(a, row, "new", shown(l, new));
    value_push(a, l->rows, row);
}

// A key with dots or slashes, such as an annotation's, stands in brackets.
static const char *join(struct arena *a, const char *path, const char *key)
{
    if (strpbrk(key, "./"))
        return arena_printf(a, "%s[%s]", path, key);
    return *path ? arena_printf(a, "%s.%s", path, key) : key;
}

static void walk(const struct listing *l, const char *path, const struct value *old,
                 const struct value *new)
{
    struct arena *a = l->arena;
    if (is_kept_by_server(path) || value_equal(old, new))
        return;
    bool both = old && new && old->type == new->type;
    if (both && old->type == VALUE_ARRAY && old->array.count == new->array.count) {
        for (size_t i = 0; i < old->array.count; i++)
            walk(l, arena_printf(a, "%s[%zu]", path, i), old->array.items[i], new->array.items[i]);
        return;
    }
    if (!both || old->type != VALUE_OBJECT) {
        add_row(l, path, old, new);
        return;
    }
    for (size_t i = 0; i < old->object.count; i++) {
        const struct value_member *m = &old->object.members[i];
        walk(l, join(a, path, m->key), m->value, value_get(new, m->key));
    }
    for (size_t i = 0; i < new->object.count; i++) {
        const struct value_member *m = &new->object.members[i];
        if (value_get(old, m->key) == NULL)
            walk(l, join(a, path, m->key), NULL, m->value);
    }
}

static const struct value *present(const struct value *v)
{
    return v && v->type == VALUE_NULL ? NULL : v;
}

// Hides what a map holds at `key`; `differs` stands for it where the other side has something else.
static void veil_member(struct arena *a, struct value *map, const struct value *other,
                        const char *key, const char *differs)
{
    const struct value *own = present(value_get(map, key)), *its = present(value_get(other, key));
    if (own)
        value_set(a, map, key, value_string(a, its && !value_equal(own, its) ? differs : "***"));
}

// A copy of a Secret, or of a merge patch of one, that shows no value of it; NULL stays NULL. The
// annotation in which kubectl keeps what it applied holds them once more.
static struct value *veiled(struct arena *a, const struct value *secret, const struct value *other,
                            const char *differs)
{
    static const char *const parts[] = {"data", "stringData"};
    static const char applied[] = "kubectl.kubernetes.io/last-applied-configuration";
    if (secret == NULL)
        return NULL;
    struct value *copy = value_copy(a, secret);
    for (size_t i = 0; i < 2; i++) {
        struct value *map = value_get(copy, parts[i]);
        if (map && map->type != VALUE_OBJECT)
            veil_member(a, copy, other, parts[i], differs);
        for (size_t k = 0; map && map->type == VALUE_OBJECT && k < map->object.count; k++)
            veil_member(a, map, value_get(other, parts[i]), map->object.members[k].key, differs);
    }
    veil_member(a, value_path(copy, "metadata.annotations"),
                value_path(other, "metadata.annotations"), applied, differs);
    return copy;
}

static void name_leaves(const struct listing *l, const char *path, const struct value *v)
{
    if (is_kept_by_server(path))
        return;
    if (v->type != VALUE_OBJECT || v->object.count == 0) {
        add_row(l, path, NULL, v);
        return;
    }
    for (size_t i = 0; i < v->object.count; i++) {
        const struct value_member *m = &v->object.members[i];
        name_leaves(l, join(l->arena, path, m->key), m->value);
    }
}

struct value *changes_between(const struct run *run, struct arena *a, const struct value *old,
                              const struct value *new, bool secret)
{
    struct listing l = {run, a, value_array(a)};
    old = present(old);
    new = present(new);
    const struct value *unveiled = new;
    if (secret && new)
        new = veiled(a, new, old, "*** (after)");
    if (old)
        walk(&l, "", secret ? veiled(a, old, unveiled, "*** (before)") : old, new);
    else if (new)
        name_leaves(&l, "", new);
    return l.rows;
}

struct value *changes_named(const struct run *run, struct arena *a, const struct value *patch,
                            bool secret)
{
    struct listing l = {run, a, value_array(a)};
    name_leaves(&l, "", secret ? veiled(a, patch, NULL, "***") : patch);
    return l.rows;
}

struct value *changes_veiled(struct arena *a, const struct value *args)
{
    static const char *const bodies[] = {"merge", "strategic", "object"};
    struct value *copy = value_copy(a, args), *operations = value_get(copy, "json");
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        if (value_get(args, bodies[i]))
            value_set(a, copy, bodies[i], veiled(a, value_get(args, bodies[i]), NULL, "***"));
    for (size_t i = 0; i < value_count(operations); i++)
        if (value_get(value_at(operations, i), "value"))
            value_set(a, value_at(operations, i), "value", value_string(a, "***"));
    return copy;
}

struct value *changes_merge(struct arena *a, const struct value *target, const struct value *patch)
{
    if (patch->type != VALUE_OBJECT)
        return value_copy(a, patch);
    struct value *merged =
        target && target->type == VALUE_OBJECT ? value_copy(a, target) : value_object(a);
    for (size_t i = 0; i < patch->object.count; i++) {
        const struct value_member *m = &patch->object.members[i];
        if (m->value->type == VALUE_NULL)
            value_remove(merged, m->key);
        else
            value_set(a, merged, m->key, changes_merge(a, value_get(merged, m->key), m->value));
    }
    return merged;
}

struct value *changes_patch(struct arena *a, const struct value *from, const struct value *to)
{
    if (from == NULL || from->type != VALUE_OBJECT || to->type != VALUE_OBJECT)
        return value_copy(a, to);
    struct value *patch = value_object(a);
    for (size_t i = 0; i < to->object.count; i++) {
        const struct value_member *m = &to->object.members[i];
        const struct value *old = value_get(from, m->key);
        if (old == NULL || !value_equal(old, m->value))
            value_set(a, patch, m->key, changes_patch(a, old, m->value));
    }
    for (size_t i = 0; i < from->object.count; i++)
        if (value_get(to, from->object.members[i].key) == NULL)
            value_set(a, patch, from->object.members[i].key, value_null(a));
    return patch;
}
