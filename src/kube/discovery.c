#include "kube/discovery.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct value *kube_discovery_entry(struct arena *a, struct value *table, const char *group,
                                   const char *version)
{
    struct value *entry = value_object(a);
    value_set(a, entry, "group", value_string(a, group));
    value_set(a, entry, "version", value_string(a, version));
    value_push(a, table, entry);
    return entry;
}

static struct value *resources_of(struct arena *a, struct value *entry)
{
    struct value *list = value_array(a);
    value_set(a, entry, "resources", list);
    return list;
}

static void resource_add(struct arena *a, struct value *list, const char *name,
                         const char *singular, const char *kind, bool namespaced,
                         const struct value *shorts, const struct value *verbs)
{
    if (*name == '\0' || strchr(name, '/')) // "deployments/scale" is a part of another
        return;
    struct value *r = value_object(a);
    value_set(a, r, "name", value_string(a, name));
    // Older servers leave it empty; it is the kind in lower case then, which find takes as well.
    value_set(a, r, "singular", value_string(a, *singular ? singular : kind));
    value_set(a, r, "kind", value_string(a, kind));
    value_set(a, r, "namespaced", value_bool(a, namespaced));
    if (value_count(shorts))
        value_set(a, r, "short", value_copy(a, shorts));
    if (verbs)
        value_set(a, r, "verbs", value_copy(a, verbs));
    value_push(a, list, r);
}

bool kube_discovery_fill(struct arena *a, struct value *entry, const struct value *answer,
                         struct error *err)
{
    const struct value *list = value_get(answer, "resources");
    if (strcmp(value_get_text(answer, "kind"), "APIResourceList") != 0 || list == NULL ||
        list->type != VALUE_ARRAY)
        return error_set(err, "the answer is not an APIResourceList");
    struct value *resources = resources_of(a, entry);
    for (size_t i = 0; i < list->array.count; i++) {
        const struct value *r = list->array.items[i];
        resource_add(a, resources, value_get_text(r, "name"), value_get_text(r, "singularName"),
                     value_get_text(r, "kind"), value_get_bool(r, "namespaced", false),
                     value_get(r, "shortNames"), value_get(r, "verbs"));
    }
    return true;
}

static void aggregated_version_add(struct arena *a, struct value *table, const char *group,
                                   const struct value *version)
{
    const struct value *list = value_get(version, "resources");
    struct value *entry = kube_discovery_entry(a, table, group, value_get_text(version, "version"));
    // A stale version is one whose own server did not answer: what is listed is the last that was
    // known.
    if (value_count(list) == 0 && strcmp(value_get_text(version, "freshness"), "Stale") == 0)
        return;
    struct value *resources = resources_of(a, entry);
    for (size_t i = 0; list && list->type == VALUE_ARRAY && i < list->array.count; i++) {
        const struct value *r = list->array.items[i];
        resource_add(a, resources, value_get_text(r, "resource"),
                     value_get_text(r, "singularResource"),
                     value_text(value_path(r, "responseKind.kind")),
                     strcmp(value_get_text(r, "scope"), "Namespaced") == 0,
                     value_get(r, "shortNames"), value_get(r, "verbs"));
    }
}

// The versions of a group of the older format, the preferred one first.
static void group_add(struct arena *a, struct value *table, const struct value *group)
{
    const char *name = value_get_text(group, "name");
    const char *preferred = value_text(value_path(group, "preferredVersion.version"));
    const struct value *versions = value_get(group, "versions");
    if (*preferred)
        kube_discovery_entry(a, table, name, preferred);
    for (size_t i = 0; i < value_count(versions); i++) {
        const char *version = value_get_text(value_at(versions, i), "version");
        if (*version && strcmp(version, preferred) != 0)
            kube_discovery_entry(a, table, name, version);
    }
}

bool kube_discovery_add(struct arena *a, struct value *table, const struct value *answer,
                        struct error *err)
{
    const char *kind = value_get_text(answer, "kind");
    const struct value *items = value_get(answer, "items"), *groups = value_get(answer, "groups"),
                       *versions = value_get(answer, "versions");
    if (strcmp(kind, "APIGroupDiscoveryList") == 0) {
        for (size_t i = 0; i < value_count(items); i++) {
            const struct value *item = value_at(items, i), *list = value_get(item, "versions");
            const char *group = value_text(value_path(item, "metadata.name"));
            for (size_t k = 0; k < value_count(list); k++)
                aggregated_version_add(a, table, group, value_at(list, k));
        }
        return true;
    }
    if (strcmp(kind, "APIVersions") == 0) {
        for (size_t i = 0; i < value_count(versions); i++)
            if (*value_text(value_at(versions, i)))
                kube_discovery_entry(a, table, "", value_text(value_at(versions, i)));
        return true;
    }
    if (strcmp(kind, "APIGroupList") == 0) {
        for (size_t i = 0; i < value_count(groups); i++)
            group_add(a, table, value_at(groups, i));
        return true;
    }
    return error_set(err, "the answer is not a list of API groups");
}

bool kube_discovery_split(struct arena *a, const char *words, const char **version,
                          const char **group)
{
    const char *first = strchr(words, '.'), *second = first ? strchr(first + 1, '.') : NULL;
    *version = *group = NULL;
    if (second == NULL || first[1] != 'v' || !isdigit((unsigned char)first[2]))
        return false;
    const char *p = first + 2 + strspn(first + 2, "0123456789");
    size_t word = strncmp(p, "alpha", 5) == 0 ? 5 : strncmp(p, "beta", 4) == 0 ? 4 : 0;
    if (word) {
        size_t digits = strspn(p + word, "0123456789");
        p = digits ? p + word + digits : p;
    }
    if (p != second)
        return false;
    *version = arena_copy(a, first + 1, (size_t)(second - first) - 1);
    *group = arena_dup(a, second + 1);
    return true;
}

// What is looked for. NULL stands for anything.
struct wanted {
    const char *resource, *version, *group;
    bool group_starts; // `group` is the start of the group's name
};

enum rank { RANK_NAME, RANK_SHORT, RANK_KIND, RANKS };

static bool is_called(const struct value *r, const char *name, enum rank rank)
{
    const struct value *shorts = value_get(r, "short");
    switch (rank) {
    case RANK_NAME:
        return strcasecmp(value_get_text(r, "name"), name) == 0 ||
               strcasecmp(value_get_text(r, "singular"), name) == 0;
    case RANK_SHORT:
        for (size_t i = 0; i < value_count(shorts); i++)
            if (strcasecmp(value_text(value_at(shorts, i)), name) == 0)
                return true;
        return false;
    default:
        return strcasecmp(value_get_text(r, "kind"), name) == 0;
    }
}

static bool entry_fits(const struct value *entry, const struct wanted *w)
{
    const char *group = value_get_text(entry, "group");
    if (w->version && strcmp(value_get_text(entry, "version"), w->version) != 0)
        return false;
    if (w->group == NULL)
        return true;
    return w->group_starts ? strncasecmp(group, w->group, strlen(w->group)) == 0
                           : strcasecmp(group, w->group) == 0;
}

static void resource_copy(struct arena *a, const struct value *entry, const struct value *r,
                          struct kube_resource *out)
{
    out->group = arena_dup(a, value_get_text(entry, "group"));
    out->version = arena_dup(a, value_get_text(entry, "version"));
    out->plural = arena_dup(a, value_get_text(r, "name"));
    out->kind = arena_dup(a, value_get_text(r, "kind"));
    out->namespaced = value_get_bool(r, "namespaced", false);
    struct value *names = value_array(a);
    value_push(a, names, value_get(r, "name"));
    value_push(a, names, value_get(r, "singular"));
    value_push(a, names, value_get(r, "kind"));
    for (size_t i = 0; i < value_count(value_get(r, "short")); i++)
        value_push(a, names, value_at(value_get(r, "short"), i));
    out->names = names;
}

static bool table_find(struct arena *a, const struct value *table, const struct wanted *w,
                       struct kube_resource *out)
{
    for (int rank = 0; rank < RANKS; rank++)
        for (size_t i = 0; i < value_count(table); i++) {
            const struct value *entry = value_at(table, i), *list = value_get(entry, "resources");
            for (size_t k = 0; entry_fits(entry, w) && k < value_count(list); k++) {
                const struct value *r = value_at(list, k);
                if (!is_called(r, w->resource, (enum rank)rank))
                    continue;
                resource_copy(a, entry, r, out);
                return true;
            }
        }
    return false;
}

// Parts the type's names into those that mean it and those that mean another type first.
static void names_part(struct arena *a, const struct value *table, struct kube_resource *r)
{
    struct value *own = value_array(a), *shared = value_array(a);
    for (size_t i = 0; i < value_count(r->names); i++) {
        const char *name = value_text(value_at(r->names, i));
        struct kube_resource first;
        bool means = table_find(a, table, &(struct wanted){.resource = name}, &first) &&
                     strcmp(first.plural, r->plural) == 0 && strcmp(first.group, r->group) == 0;
        char *lower = arena_dup(a, name);
        for (char *p = lower; *p; p++)
            *p = (char)tolower((unsigned char)*p);
        value_push(a, means ? own : shared, value_string(a, lower));
    }
    r->names = own;
    r->shared = shared;
}

static bool words_find(struct arena *a, const struct value *table, const char *words,
                       struct kube_resource *out)
{
    const char *first = strchr(words, '.'), *second = first ? strchr(first + 1, '.') : NULL;
    if (first == NULL)
        return table_find(a, table, &(struct wanted){.resource = words}, out);
    const char *resource = arena_copy(a, words, (size_t)(first - words));
    if (second) {
        const char *version = arena_copy(a, first + 1, (size_t)(second - first) - 1);
        struct wanted exact = {.resource = resource, .version = version, .group = second + 1};
        if (table_find(a, table, &exact, out))
            return true;
    }
    struct wanted grouped = {.resource = resource, .group = first + 1};
    if (table_find(a, table, &grouped, out))
        return true;
    grouped.group_starts = true;
    return *grouped.group && table_find(a, table, &grouped, out);
}

bool kube_discovery_find(struct arena *a, const struct value *table, const char *words,
                         struct kube_resource *out)
{
    if (!words_find(a, table, words, out))
        return false;
    names_part(a, table, out);
    return true;
}

static int type_compare(const void *a, const void *b)
{
    const struct value *x = *(struct value *const *)a, *y = *(struct value *const *)b;
    int order = strcmp(value_get_text(x, "group"), value_get_text(y, "group"));
    return order ? order : strcmp(value_get_text(x, "name"), value_get_text(y, "name"));
}

static bool is_listed(const struct value *list, const char *group, const char *name)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (strcmp(value_get_text(value_at(list, i), "group"), group) == 0 &&
            strcmp(value_get_text(value_at(list, i), "name"), name) == 0)
            return true;
    return false;
}

struct value *kube_discovery_list(struct arena *a, const struct value *table)
{
    struct value *all = value_array(a);
    for (size_t i = 0; i < value_count(table); i++) {
        const struct value *entry = value_at(table, i), *list = value_get(entry, "resources");
        const char *group = value_get_text(entry, "group"),
                   *version = value_get_text(entry, "version");
        for (size_t k = 0; k < value_count(list); k++) {
            const struct value *r = value_at(list, k), *verbs = value_get(r, "verbs");
            bool useless = verbs && value_count(verbs) == 0;
            if (useless || is_listed(all, group, value_get_text(r, "name")))
                continue;
            struct value *type = value_copy(a, r);
            value_set(a, type, "group", value_string(a, group));
            value_set(a, type, "version", value_string(a, version));
            value_set(a, type, "api_version",
                      value_printf(a, "%s%s%s", group, *group ? "/" : "", version));
            value_push(a, all, type);
        }
    }
    if (value_count(all))
        qsort(all->array.items, all->array.count, sizeof(struct value *), type_compare);
    return all;
}
