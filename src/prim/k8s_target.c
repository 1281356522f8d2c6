// What an effect on Kubernetes works on: the words of the author, read once, into the terms in
// which a plan compares effects and people read of them.
#include <ctype.h>
#include <string.h>

#include "base/singular.h"
#include "engine/failure.h"
#include "engine/run.h"
#include "kube/edit.h"
#include "kube/name.h"
#include "prim/args.h"
#include "prim/changes.h"
#include "prim/detail.h"
#include "prim/k8s_work.h"

// The name and type of the object in the arguments.
static void object_name(lua_State *L, const struct value *object, struct kube_name *name)
{
    name->resource = value_get_text(object, "kind");
    name->name = value_get_text(value_get(object, "metadata"), "name");
    const char *generated = value_get_text(value_get(object, "metadata"), "generateName");
    if (*name->resource == '\0' || (*name->name == '\0' && *generated == '\0'))
        failure_raise(L, FAILURE_USAGE, "k8s: the object needs a kind and metadata.name");
    if (*name->name == '\0')
        name->name = NULL;
}

static const char *namespace_read(lua_State *L, struct effect *e, const struct value *object)
{
    const char *given = args_text(L, e, "namespace");
    const char *own = value_get_text(value_get(object, "metadata"), "namespace");
    return given ? given : *own ? own : kube_config_of(e->run->kube)->namespace;
}

static const char *summarize(struct effect *e, const struct kube_name *name, const char *space)
{
    const char *verb = value_get_text(e->args, "verb"), *asked = k8s_text(e, "asked");
    const char *part = k8s_text(e, "subresource");
    if (name->resource == NULL)
        return arena_printf(&e->arena, "%s of %s", verb, e->system);
    return arena_printf(
        &e->arena, "%s %s%s%s%s%s%s in %s", asked ? "may I" : verb, asked ? asked : "",
        asked ? " " : "", name->resource, name->name ? "/" : "", name->name ? name->name : "",
        part ? arena_printf(&e->arena, "/%s", part) : "",
        value_get_bool(e->args, "all_namespaces", false) ? "all namespaces" : space);
}

// Does a label tell the verb and the object by itself?
static bool says(const char *label, const char *verb, const char *object)
{
    return strncmp(label, verb, strlen(verb)) == 0 && strstr(label, object);
}

// What it touches: the object by its full type, and a part of it. A log is one by whatever verb.
static void needs_add(struct effect *e, const char *verb, const char *text, const char *space)
{
    const char *part = k8s_text(e, "subresource"), *also = k8s_text(e, "also");
    const struct value *object = value_get(e->args, "object");
    const char *kind = value_get_text(object, "kind"),
               *version = value_get_text(object, "apiVersion");
    if (text && *version)
        text = arena_printf(&e->arena, "%s%s", kube_name_of_kind(&e->arena, kind, version),
                            text + strlen(kind));
    bool log = part && strcmp(part, "log") == 0 && e->access == ACCESS_READ;
    need_add_object(e, log ? "logs" : verb, text, log ? NULL : part, space);
    if (also)
        need_add_object(e, also, text, NULL, space);
    value_remove(e->args, "also");
}

void k8s_target_read(lua_State *L, struct effect *e)
{
    struct arena *a = &e->arena;
    error_local(err);
    struct kube_name name = {0};
    const char *what = args_text(L, e, "what"), *part = args_text(L, e, "subresource");
    const struct value *object = value_get(e->args, "object");
    bool url = what && k8s_verb(e) == KUBE_REVIEW && (*what == '/' || *what == '*');
    if (url)
        name.resource = what;
    else if (what && !kube_name_parse(a, what, &name, &err))
        failure_raise_error(L, FAILURE_USAGE, "k8s", &err);
    if (object)
        object_name(L, object, &name);
    if (!object && what) {
        value_set(a, e->args, "resource", value_string(a, name.resource));
        if (name.name)
            value_set(a, e->args, "name", value_string(a, name.name));
    }
    value_remove(e->args, "what");
    const char *space = namespace_read(L, e, object);
    if (name.resource) // what a plan or a journal has of it must not depend on the kubeconfig
        value_set(a, e->args, "namespace", value_string(a, space));
    e->system = kube_config_of(e->run->kube)->server;
    // A part that is read is something else; one that is written changes the object.
    bool other = part && e->access == ACCESS_READ;
    if (name.name && k8s_verb(e) <= KUBE_DELETE)
        e->target =
            arena_printf(a, "%s %s/%s/%s%s%s", e->system, space, singular_of(a, name.resource),
                         name.name, other ? "/" : "", other ? part : "");
    else if (k8s_verb(e) == KUBE_LIST && name.resource)
        e->target = arena_printf(a, "%s %s/%s/", e->system, space, singular_of(a, name.resource));
    const char *verb = e->kind->name + strlen("k8s.");
    bool asks = k8s_verb(e) == KUBE_REVIEW || name.resource == NULL;
    const char *object_text =
        name.name ? arena_printf(a, "%s/%s", name.resource, name.name) : name.resource;
    const char *own = summarize(e, &name, space);
    if (e->summary == NULL)
        e->summary = own;
    else if (e->access == ACCESS_WRITE && !(object_text && says(e->summary, verb, object_text)))
        detail_add(e, e->run, verb, own + strlen(verb) + 1, strlen(own) - strlen(verb) - 1);
    needs_add(e, verb, asks ? NULL : object_text,
              value_get_bool(e->args, "all_namespaces", false) ? "*" : space);
    // The journal keeps no Secrets.
    e->sensitive = name.resource && strcmp(singular_of(a, name.resource), "secret") == 0;
}

void k8s_edit_read(lua_State *L, struct effect *e)
{
    struct arena *a = &e->arena;
    struct value *before = value_get(e->args, "before"), *after = value_get(e->args, "after");
    struct value *merge = value_get(e->args, "merge");
    value_remove(e->args, "before");
    value_remove(e->args, "after");
    if (before == NULL) {
        if (merge && !e->assume)
            e->diff = changes_named(e->run, a, merge, e->sensitive);
        return;
    }
    if (before->type != VALUE_OBJECT || (after == NULL) == (merge == NULL))
        failure_raise(
            L, FAILURE_USAGE,
            "k8s: `before` is the object as it was, and `after` or `merge` what becomes of "
            "it");
    if (after) {
        value_set(a, e->args, "json", kube_edit(a, before, after));
        value_set(a, e->args, "if_resource_version",
                  value_string(a, value_text(value_path(before, "metadata.resourceVersion"))));
    }
    e->would_be = after ? after : changes_merge(a, before, merge);
    e->diff = changes_between(e->run, a, before, e->would_be, e->sensitive);
}
