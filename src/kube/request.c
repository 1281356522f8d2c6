#include "kube/request.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kube/name.h"
#include "kube/path.h"

static const struct {
    const char *tried, *method, *verb;
} verbs[] = {
    [KUBE_GET] = {"GET", "GET", "get"},
    [KUBE_LIST] = {"LIST", "GET", "list"},
    [KUBE_WATCH] = {"WATCH", "GET", "watch"},
    [KUBE_CREATE] = {"CREATE", "POST", "create"},
    [KUBE_PATCH] = {"PATCH", "PATCH", "patch"},
    [KUBE_APPLY] = {"APPLY", "PATCH", "patch"},
    [KUBE_DELETE] = {"DELETE", "DELETE", "delete"},
    [KUBE_REVIEW] = {"REVIEW", "POST", "create"},
    [KUBE_VERSION] = {"VERSION", "GET", "get"},
    [KUBE_TYPES] = {"TYPES", "GET", "get"},
    [KUBE_IDENTIFY] = {"IDENTIFY", "GET", "get"},
};

const char *kube_request_method(const struct kube_request *q)
{
    return verbs[q->verb].method;
}

const char *kube_request_verb(const struct kube_request *q)
{
    return verbs[q->verb].verb;
}

static bool has_object(const struct kube_request *q)
{
    return q->verb == KUBE_CREATE || q->verb == KUBE_APPLY;
}

static bool changes(const struct kube_request *q)
{
    return has_object(q) || q->verb == KUBE_PATCH || q->verb == KUBE_DELETE;
}

static bool has_selectors(const struct kube_request *q)
{
    return q->verb == KUBE_LIST || q->verb == KUBE_WATCH;
}

bool kube_request_writes(const struct kube_request *q)
{
    return changes(q) && !q->dry_run;
}

bool kube_request_has_type(const struct kube_request *q)
{
    bool any = q->verb == KUBE_REVIEW && (*q->resource == '/' || strcmp(q->resource, "*") == 0);
    return q->verb != KUBE_VERSION && q->verb != KUBE_TYPES && !any;
}

static void strings_copy(struct arena *a, struct kube_request *q)
{
    const char **const all[] = {&q->resource,       &q->name,
                                &q->namespace,      &q->label_selector,
                                &q->field_selector, &q->subresource,
                                &q->field_manager,  &q->propagation,
                                &q->if_uid,         &q->if_resource_version,
                                &q->asked,          &q->from};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        *all[i] = *all[i] && **all[i] ? arena_dup(a, *all[i]) : NULL;
}

// Takes from the object what the request leaves out; where both speak they must agree.
static bool object_read(struct arena *a, struct kube_request *q, struct error *err)
{
    const char *version = value_get_text(q->body, "apiVersion"),
               *kind = value_get_text(q->body, "kind");
    const char *name = value_text(value_path(q->body, "metadata.name"));
    const char *namespace = value_text(value_path(q->body, "metadata.namespace"));
    if (q->resource == NULL) {
        if (*version == '\0' || *kind == '\0')
            return error_set(
                err,
                "the object to %s has no %s: write it, as in 'apiVersion: apps/v1' and "
                "'kind: Deployment'",
                kube_request_verb(q), *version ? "kind" : "apiVersion");
        q->resource = kube_name_of_kind(a, kind, version);
    }
    if (q->name && *name && strcmp(q->name, name) != 0)
        return error_set(err,
                         "the object is called '%s', but '%s' was asked for: make them the "
                         "same or leave one out",
                         name, q->name);
    if (q->namespace && *namespace && strcmp(q->namespace, namespace) != 0)
        return error_set(err,
                         "the object stands in namespace '%s', but '%s' was asked for: make "
                         "them the same or leave one out",
                         namespace, q->namespace);
    if (q->name == NULL && *name)
        q->name = name;
    if (q->namespace == NULL && *namespace)
        q->namespace = namespace;
    return true;
}

static bool body_check(const struct kube_request *q, struct error *err)
{
    bool patch = q->verb == KUBE_PATCH;
    bool wanted = patch || has_object(q);
    if (!wanted)
        return true;
    if (patch && q->patch_type == KUBE_PATCH_JSON)
        return (q->body && q->body->type == VALUE_ARRAY) ||
               error_set(err, "a JSON patch is a list of operations, such as "
                              "[{op = \"replace\", path = \"/spec/replicas\", value = 3}]");
    return (q->body && q->body->type == VALUE_OBJECT) ||
           error_set(err, patch ? "a patch is a mapping of the fields to change"
                                : "there is no object given: a mapping with apiVersion, kind and "
                                  "metadata");
}

static bool propagation_check(const char *text, struct error *err)
{
    return strcmp(text, "Background") == 0 || strcmp(text, "Foreground") == 0 ||
           strcmp(text, "Orphan") == 0 ||
           error_set(err, "propagation is 'Background', 'Foreground' or 'Orphan', not '%s'", text);
}

// Those open a connection to what runs there: no dry run holds it back.
static bool subresource_check(const struct kube_request *q, struct error *err)
{
    static const char *const connecting[] = {"proxy", "exec", "attach", "portforward"};
    for (size_t i = 0; i < sizeof connecting / sizeof *connecting; i++)
        if (q->verb != KUBE_REVIEW && strcmp(q->subresource, connecting[i]) == 0)
            return error_set(err,
                             "subresource '%s' is a connection and no object, and a dry run would "
                             "open it: ask the service by http, or run kubectl by exec",
                             connecting[i]);
    return kube_name_check("subresource", q->subresource, err);
}

static bool words_check(const struct kube_request *q, struct error *err)
{
    return kube_name_check_resource(q->resource, err) &&
           (!q->name || kube_name_check("name", q->name, err)) &&
           (!q->subresource || subresource_check(q, err)) &&
           kube_name_check_namespace(q->namespace, err) && propagation_check(q->propagation, err);
}

static bool request_check(const struct kube_request *q, struct error *err)
{
    bool generated =
        q->verb == KUBE_CREATE && *value_text(value_path(q->body, "metadata.generateName"));
    bool review = q->verb == KUBE_REVIEW;
    if (review && q->asked == NULL)
        return error_set(err, "no verb given: say what is to be allowed, as in 'get' or 'patch'");
    if (!kube_request_has_type(q))
        return true;
    if (has_selectors(q) && q->name)
        return error_set(err,
                         "a list takes no name: get '%s', or list with the field selector "
                         "metadata.name=%s",
                         q->name, q->name);
    if (!has_selectors(q) && q->name == NULL && !generated && !review && q->verb != KUBE_IDENTIFY)
        return error_set(err, "no name given: say which object, as in '%s/NAME'", q->resource);
    if (!has_selectors(q) && (q->label_selector || q->field_selector))
        return error_set(err, "selectors are for lists only");
    if (!has_selectors(q) && !review && q->all_namespaces)
        return error_set(err, "all_namespaces is for lists only");
    if (has_selectors(q) && q->subresource)
        return error_set(err, "a list has no subresource");
    return words_check(q, err);
}

bool kube_request_complete(struct arena *a, struct kube_request *q, const struct kube_config *c,
                           struct error *err)
{
    strings_copy(a, q);
    if (q->resource == NULL)
        q->resource = has_object(q) ? NULL : "";
    if (q->name == NULL && q->resource && *q->resource && kube_request_has_type(q)) {
        struct kube_name typed;
        if (!kube_name_parse(a, q->resource, &typed, err))
            return false;
        q->resource = typed.resource;
        q->name = typed.name;
    }
    if (!body_check(q, err) || (has_object(q) && !object_read(a, q, err)))
        return false;
    if (q->namespace == NULL)
        q->namespace = c->namespace;
    if (q->field_manager == NULL)
        q->field_manager = "runbook";
    if (q->propagation == NULL)
        q->propagation = "Background";
    if (q->limit <= 0)
        q->limit = 500;
    if (q->timeout_ms <= 0)
        q->timeout_ms = 30000;
    return request_check(q, err);
}

const char *kube_request_tried(struct arena *a, const struct kube_request *q,
                               const struct kube_resource *r)
{
    struct buf text = {0};
    const char *selector = q->label_selector ? q->label_selector : q->field_selector;
    const char *words = r ? r->plural : q->resource;
    bool whole = q->verb == KUBE_VERSION || q->verb == KUBE_TYPES; // of the server
    buf_printf(&text, "%s%s%s%s", verbs[q->verb].tried, q->dry_run ? " (dry run)" : "",
               q->asked ? " " : "", q->asked ? q->asked : "");
    if (!whole)
        buf_printf(&text, " %s", words && *words ? words : "an object");
    if (q->name)
        buf_printf(&text, "/%s", q->name);
    if (q->subresource)
        buf_printf(&text, "/%s", q->subresource);
    if (selector)
        buf_printf(&text, " with %s", selector);
    if (!whole && (r == NULL || r->namespaced))
        buf_printf(&text, " in %s", q->all_namespaces ? "all namespaces" : q->namespace);
    const char *copy = arena_copy(a, text.data, text.len);
    buf_free(&text);
    return copy;
}

static void number_query(struct buf *out, const char *name, int64_t n)
{
    char number[32];
    snprintf(number, sizeof number, "%" PRId64, n);
    kube_path_query(out, name, number);
}

static void more_query(struct buf *out, const struct value *query)
{
    for (size_t i = 0; i < value_count(query); i++) {
        const struct value_member *m = &query->object.members[i];
        if (m->value->type == VALUE_INT)
            number_query(out, m->key, m->value->integer);
        else if (m->value->type == VALUE_BOOL)
            kube_path_query(out, m->key, m->value->boolean ? "true" : "false");
        else
            kube_path_query(out, m->key, value_text(m->value));
    }
}

static void watch_query(struct buf *out, const struct kube_request *q)
{
    kube_path_query(out, "watch", "true");
    kube_path_query(out, "allowWatchBookmarks", "true");
    kube_path_query(out, "resourceVersion", q->from);
    number_query(out, "timeoutSeconds", q->timeout_ms / 1000 + 1);
}

void kube_request_path(struct buf *out, const struct kube_request *q, const struct kube_resource *r,
                       int64_t limit, const char *next)
{
    if (q->verb == KUBE_VERSION || q->verb == KUBE_REVIEW) {
        buf_puts(out, q->verb == KUBE_VERSION
                          ? "/version"
                          : "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews");
        return;
    }
    kube_path_object(out, r, q->all_namespaces ? NULL : q->namespace,
                     q->verb == KUBE_CREATE ? NULL : q->name, q->subresource);
    kube_path_query(out, "labelSelector", q->label_selector);
    kube_path_query(out, "fieldSelector", q->field_selector);
    if (limit)
        number_query(out, "limit", limit);
    kube_path_query(out, "continue", next);
    more_query(out, q->query);
    if (q->verb == KUBE_WATCH)
        watch_query(out, q);
    if (changes(q) && q->verb != KUBE_DELETE)
        kube_path_query(out, "fieldManager", q->field_manager);
    if (has_object(q)) // an unknown field is an error, not dropped in silence
        kube_path_query(out, "fieldValidation", "Strict");
    kube_path_query(out, "force", q->verb == KUBE_APPLY && q->force ? "true" : NULL);
    kube_path_query(out, "dryRun", changes(q) && q->dry_run ? "All" : NULL);
}
