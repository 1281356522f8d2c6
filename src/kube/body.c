#include "kube/body.h"

#include "base/json.h"

// A copy whose members can be set without touching the original's; the values are shared.
static struct value *object_copy(struct arena *a, const struct value *v)
{
    struct value *copy = value_object(a);
    for (size_t i = 0; v && v->type == VALUE_OBJECT && i < v->object.count; i++) {
        const struct value_member *m = &v->object.members[i];
        value_append(a, copy, m->key, m->key_len, m->value);
    }
    return copy;
}

static void text_set(struct arena *a, struct value *object, const char *key, const char *text)
{
    if (text && *value_get_text(object, key) == '\0')
        value_set(a, object, key, value_string(a, text));
}

// The server refuses a write whose uid or resourceVersion are not those of the object.
static void preconditions_set(struct arena *a, struct value *metadata, const struct kube_request *q)
{
    if (q->if_uid)
        value_set(a, metadata, "uid", value_string(a, q->if_uid));
    if (q->if_resource_version)
        value_set(a, metadata, "resourceVersion", value_string(a, q->if_resource_version));
}

// The object to create or apply, complete and without what only the server may write.
static struct value *object_body(struct arena *a, const struct kube_request *q,
                                 const struct kube_resource *r)
{
    struct value *object = object_copy(a, q->body);
    struct value *metadata = object_copy(a, value_get(object, "metadata"));
    text_set(a, object, "apiVersion",
             arena_printf(a, "%s%s%s", r->group, *r->group ? "/" : "", r->version));
    text_set(a, object, "kind", r->kind);
    text_set(a, metadata, "name", q->name);
    value_remove(metadata, "managedFields");
    if (q->verb == KUBE_APPLY)
        preconditions_set(a, metadata, q);
    value_set(a, object, "metadata", metadata);
    return object;
}

static struct value *merge_body(struct arena *a, const struct kube_request *q)
{
    struct value *patch = object_copy(a, q->body);
    if (q->if_uid == NULL && q->if_resource_version == NULL)
        return patch;
    struct value *metadata = object_copy(a, value_get(patch, "metadata"));
    preconditions_set(a, metadata, q);
    value_set(a, patch, "metadata", metadata);
    return patch;
}

// As a replacement, not a test: so a mismatch is the same 409 as with any other write.
static void replacement_add(struct arena *a, struct value *patch, const char *path,
                            const char *text)
{
    if (text == NULL)
        return;
    struct value *op = value_object(a);
    value_set(a, op, "op", value_string(a, "replace"));
    value_set(a, op, "path", value_string(a, path));
    value_set(a, op, "value", value_string(a, text));
    value_push(a, patch, op);
}

static struct value *json_patch_body(struct arena *a, const struct kube_request *q)
{
    struct value *patch = value_array(a);
    replacement_add(a, patch, "/metadata/uid", q->if_uid);
    replacement_add(a, patch, "/metadata/resourceVersion", q->if_resource_version);
    for (size_t i = 0; i < value_count(q->body); i++)
        value_push(a, patch, value_at(q->body, i));
    return patch;
}

static struct value *delete_body(struct arena *a, const struct kube_request *q)
{
    struct value *options = value_object(a), *preconditions = value_object(a);
    value_set(a, options, "apiVersion", value_string(a, "v1"));
    value_set(a, options, "kind", value_string(a, "DeleteOptions"));
    value_set(a, options, "propagationPolicy", value_string(a, q->propagation));
    preconditions_set(a, preconditions, q);
    if (value_count(preconditions))
        value_set(a, options, "preconditions", preconditions);
    if (q->dry_run) {
        struct value *all = value_array(a);
        value_push(a, all, value_string(a, "All"));
        value_set(a, options, "dryRun", all);
    }
    return options;
}

// A SelfSubjectAccessReview; of what is no type, `r` is NULL.
static struct value *review_body(struct arena *a, const struct kube_request *q,
                                 const struct kube_resource *r)
{
    struct value *review = value_object(a), *spec = value_object(a), *asked = value_object(a);
    bool url = *q->resource == '/';
    value_set(a, review, "apiVersion", value_string(a, "authorization.k8s.io/v1"));
    value_set(a, review, "kind", value_string(a, "SelfSubjectAccessReview"));
    value_set(a, review, "spec", spec);
    value_set(a, spec, url ? "nonResourceAttributes" : "resourceAttributes", asked);
    value_set(a, asked, "verb", value_string(a, q->asked));
    if (url) {
        value_set(a, asked, "path", value_string(a, q->resource));
        return review;
    }
    if ((r == NULL || r->namespaced) && !q->all_namespaces)
        value_set(a, asked, "namespace", value_string(a, q->namespace));
    text_set(a, asked, "group", r ? r->group : NULL);
    text_set(a, asked, "resource", r ? r->plural : q->resource);
    text_set(a, asked, "subresource", q->subresource);
    text_set(a, asked, "name", q->name);
    return review;
}

void kube_body_write(struct arena *a, struct buf *out, const struct kube_request *q,
                     const struct kube_resource *r, const char **content_type)
{
    const struct value *body = NULL;
    *content_type = NULL;
    if (q->verb == KUBE_CREATE || q->verb == KUBE_APPLY) {
        body = object_body(a, q, r);
        // JSON is YAML, and the only type that servers before 1.32 take for an apply.
        *content_type = q->verb == KUBE_APPLY ? "application/apply-patch+yaml" : "application/json";
    } else if (q->verb == KUBE_DELETE || q->verb == KUBE_REVIEW) {
        body = q->verb == KUBE_DELETE ? delete_body(a, q) : review_body(a, q, r);
        *content_type = "application/json";
    } else if (q->verb == KUBE_PATCH && q->patch_type == KUBE_PATCH_JSON) {
        body = json_patch_body(a, q);
        *content_type = "application/json-patch+json";
    } else if (q->verb == KUBE_PATCH) {
        body = merge_body(a, q);
        *content_type = q->patch_type == KUBE_PATCH_MERGE
                            ? "application/merge-patch+json"
                            : "application/strategic-merge-patch+json";
    }
    if (body)
        json_write(out, body, JSON_COMPACT);
}
