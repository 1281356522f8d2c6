#include "kube/kubefile.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/yaml.h"

static const struct {
    const char *list, *item;
} section_names[KUBE_SECTIONS] = {
    {"clusters", "cluster"}, {"users", "user"}, {"contexts", "context"}};

static const char *folder_of(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return ".";
    return slash == path ? "/" : arena_copy(a, path, (size_t)(slash - path));
}

// Appends the entries of one section of one file behind those of the files before it.
static bool section_add(struct arena *a, const char *path, const struct value *doc,
                        enum kube_section section, struct kube_files *out, struct error *err)
{
    const char *list_name = section_names[section].list, *item_name = section_names[section].item;
    const struct value *list = value_get(doc, list_name);
    if (kube_is_null(list))
        return true;
    if (list->type != VALUE_ARRAY)
        return error_set(err, "kubeconfig %s: '%s' is %s, not a list", path, list_name,
                         kube_type_name(list));
    struct kube_entry **end = &out->sections[section];
    while (*end)
        end = &(*end)->next;
    struct kube_entry **mine = end;
    for (size_t i = 0; i < list->array.count; i++) {
        const struct value *item = list->array.items[i];
        const struct value *name = value_get(item, "name"), *fields = value_get(item, item_name);
        if (name == NULL || name->type != VALUE_STRING)
            return error_set(err, "kubeconfig %s: entry %zu of '%s' has no name that is text", path,
                             i + 1, list_name);
        if (!kube_is_null(fields) && fields->type != VALUE_OBJECT)
            return error_set(err, "kubeconfig %s: '%s' of '%s' is %s, not a mapping", path,
                             item_name, name->string.text, kube_type_name(fields));
        for (struct kube_entry *e = *mine; e; e = e->next)
            if (strcmp(e->name, name->string.text) == 0)
                return error_set(err,
                                 "kubeconfig %s: two %s have the name '%s': rename or remove one",
                                 path, list_name, e->name);
        struct kube_entry *e = *end = arena_alloc(a, sizeof *e);
        e->name = name->string.text;
        e->what = arena_printf(a, "%s '%s' of %s", item_name, e->name, path);
        e->folder = folder_of(a, path);
        e->fields = kube_is_null(fields) ? NULL : fields;
        end = &e->next;
    }
    return true;
}

static bool header_check(const char *path, const struct value *doc, const char *field,
                         const char *want, struct error *err)
{
    const struct value *v = value_get(doc, field);
    if (kube_is_null(v))
        return true;
    if (v->type != VALUE_STRING)
        return error_set(err, "kubeconfig %s: '%s' is %s, not text", path, field,
                         kube_type_name(v));
    if (*value_text(v) == '\0' || strcmp(value_text(v), want) == 0)
        return true;
    return error_set(err, "%s is not a kubeconfig: its %s is '%s', not '%s'", path, field,
                     value_text(v), want);
}

static bool file_add(struct arena *a, const char *path, struct kube_files *out, struct error *err)
{
    size_t len;
    error_local(why);
    const char *text = kube_file_text(a, path, &len, &why);
    if (text == NULL)
        return error_set(err, "kubeconfig: %s", error_text(&why));
    const struct value *docs = yaml_parse(a, text, len, &why);
    if (docs == NULL)
        return error_set(err, "kubeconfig %s does not parse: %s", path, error_text(&why));
    const struct value *doc = value_at(docs, 0);
    if (!kube_is_null(doc) && doc->type != VALUE_OBJECT)
        return error_set(err,
                         "%s is not a kubeconfig: it holds %s, not a mapping with clusters, users "
                         "and contexts",
                         path, kube_type_name(doc));
    if (!header_check(path, doc, "apiVersion", "v1", err) ||
        !header_check(path, doc, "kind", "Config", err))
        return false;
    for (int s = 0; s < KUBE_SECTIONS; s++)
        if (!section_add(a, path, doc, (enum kube_section)s, out, err))
            return false;
    const struct value *current = value_get(doc, "current-context");
    if (!kube_is_null(current) && current->type != VALUE_STRING)
        return error_set(err, "kubeconfig %s: 'current-context' is %s, not text", path,
                         kube_type_name(current));
    if (out->current == NULL && *value_text(current))
        out->current = value_text(current);
    out->found = arena_printf(a, "%s%s%s", out->found, *out->found ? ", " : "", path);
    return true;
}

// Is the name seen before in the list, of which it is a part?
static bool is_repeated(const char *list, const char *name, size_t len)
{
    for (const char *p = list; p < name; p += strcspn(p, ":") + 1)
        if (strcspn(p, ":") == len && strncmp(p, name, len) == 0)
            return true;
    return false;
}

bool kube_files_read(struct arena *a, const char *path, const char *kubeconfig, const char *home,
                     struct kube_files *out, struct error *err)
{
    *out = (struct kube_files){.found = ""};
    if (path) {
        out->looked = arena_dup(a, path);
        return file_add(a, out->looked, out, err);
    }
    const char *list = kubeconfig;
    if (list == NULL || *list == '\0')
        list = home && *home ? arena_printf(a, "%s/.kube/config", home) : "";
    out->looked = list;
    for (const char *p = list; *p; p += p[0] == ':') {
        size_t len = strcspn(p, ":");
        const char *name = arena_copy(a, p, len);
        bool skip =
            len == 0 || is_repeated(list, p, len) || (access(name, F_OK) != 0 && errno == ENOENT);
        if (!skip && !file_add(a, name, out, err))
            return false;
        p += len;
    }
    return true;
}

const struct kube_entry *kube_entry_find(const struct kube_files *files, enum kube_section section,
                                         const char *name)
{
    const struct kube_entry *e = files->sections[section];
    while (e && strcmp(e->name, name) != 0)
        e = e->next;
    return e;
}

const char *kube_entry_names(struct arena *a, const struct kube_files *files,
                             enum kube_section section)
{
    const char *names = "";
    for (const struct kube_entry *e = files->sections[section]; e; e = e->next)
        if (kube_entry_find(files, section, e->name) == e)
            names = arena_printf(a, "%s%s%s", names, *names ? ", " : "", e->name);
    return *names ? names : "(none)";
}
