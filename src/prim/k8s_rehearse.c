// Plans: what a write to Kubernetes would do, as the server's own dry run says.
#include <string.h>

#include "prim/changes.h"
#include "prim/k8s_secret.h"
#include "prim/k8s_work.h"

static bool is_of_group(const struct value *object, const char *group)
{
    const char *api_version = value_get_text(object, "apiVersion");
    size_t len = strlen(group);
    return strncmp(api_version, group, len) == 0 && api_version[len] == '/';
}

bool k8s_rests_on(const struct effect *e, const struct value *made)
{
    const char *kind = value_get_text(made, "kind"), *space = k8s_text(e, "namespace");
    if (strcmp(kind, "Namespace") == 0)
        return space && strcmp(value_text(value_path(made, "metadata.name")), space) == 0;
    const struct value *object = value_get(e->args, "object"), *spec = value_get(made, "spec");
    return strcmp(kind, "CustomResourceDefinition") == 0 &&
           is_of_group(object, value_get_text(spec, "group")) &&
           strcmp(value_text(value_path(spec, "names.kind")), value_get_text(object, "kind")) == 0;
}

static bool is_scale(const struct kube_request *q)
{
    return q->subresource && strcmp(q->subresource, "scale") == 0;
}

static bool is_merge(const struct kube_request *q)
{
    return q->verb == KUBE_PATCH && q->patch_type == KUBE_PATCH_MERGE;
}

static bool is_there(const struct value *object)
{
    return object && object->type == VALUE_OBJECT;
}

// Ends it with what the object will be; `answer` is what the call gives back.
static void finish(struct k8s_work *w, struct value *object, struct value *answer)
{
    struct effect *e = w->effect;
    e->would_be = object;
    e->result = answer;
    e->diff = changes_between(e->run, &e->arena, e->before, object, e->sensitive);
    // Not where a note says that the server could not check it: a webhook may yet change it.
    e->unchanged = !e->note && is_there(e->before) && is_there(object) && value_count(e->diff) == 0;
    if (!w->on_top && !e->basis)
        e->note = "controllers do not act on a dry run";
    effect_end(e);
}

// The same without the server's word: it knows nothing of what the plan has changed before.
static void presume(struct k8s_work *w, struct value *object)
{
    w->effect->basis = "planned";
    finish(w, object, object);
}

// The same where `note` says what keeps the server from checking it; without an object nobody knows
// what would come of it.
static void presume_unchecked(struct k8s_work *w, struct value *object, const char *note)
{
    w->effect->note = note;
    if (object)
        presume(w, object);
    else
        effect_end(w->effect);
}

// What the object will be, by the answer to a dry run; NULL when nothing tells.
static struct value *outcome(const struct k8s_work *w, const struct value *answer)
{
    const struct kube_request *q = &w->request;
    struct arena *a = &w->effect->arena;
    const struct value *before = w->effect->before;
    if (q->verb == KUBE_DELETE)
        return value_null(a);
    // What is answered about the scale is no object of that type; the patch { spec: { replicas } }
    // is one of both.
    if (is_merge(q) && (w->on_top || is_scale(q)))
        return changes_merge(a, before, q->body);
    // The server started from the object as it has it, which lacks what the plan has changed
    // before.
    if (w->live && answer)
        return changes_merge(a, before, changes_patch(a, w->live, answer));
    return (struct value *)answer;
}

// What the write makes of the object by itself, as far as that can be said; NULL: it cannot.
static struct value *imagine(const struct k8s_work *w)
{
    struct effect *e = w->effect;
    const struct kube_request *q = &w->request;
    if (q->verb == KUBE_DELETE)
        return value_null(&e->arena);
    if (e->would_be)
        return e->would_be;
    if (q->verb == KUBE_CREATE || q->verb == KUBE_APPLY)
        return changes_merge(&e->arena, e->before, q->body);
    return e->before && is_merge(q) ? changes_merge(&e->arena, e->before, q->body) : NULL;
}

static void checked(const struct kube_result *r, void *arg)
{
    struct k8s_work *w = arg;
    struct effect *e = w->effect;
    const struct kube_request *q = &w->request;
    w->call = NULL;
    struct value *object = outcome(w, r->value);
    bool lacks = r->missing || r->typeless;
    if (lacks && w->on_top && object) { // it is the plan that has created it
        presume(w, object);
    } else if (lacks && e->rests && imagine(w)) { // or what it needs
        presume_unchecked(w, imagine(w),
                          "what it needs is not there yet: the server cannot check it");
    } else if (r->no_dry_run) {
        presume_unchecked(w, imagine(w),
                          "a webhook that has side effects keeps the server from checking it");
    } else if (r->error) {
        e->would_be = NULL;
        k8s_fail(e, r);
        effect_end(e);
    } else {
        finish(w, object, is_scale(q) ? r->value : object);
    }
}

static void looked(const struct kube_result *r, void *arg)
{
    struct k8s_work *look = arg;
    struct effect *e = look->effect;
    struct k8s_work *w = k8s_work_new(e);
    w->on_top = look->on_top;
    if (w->on_top)
        w->live = r->error ? NULL : r->value;
    else
        e->before = r->error ? value_null(&e->arena) : r->value;
    k8s_secret_mask(e, e->before);
    w->request.dry_run = true;
    k8s_work_start(w, checked);
}

bool k8s_rehearse(struct effect *e)
{
    struct k8s_work *w = k8s_work_new(e);
    const struct kube_request *q = &w->request;
    bool whole = q->verb == KUBE_CREATE || q->verb == KUBE_APPLY;
    w->on_top = e->before != NULL;
    bool known = w->on_top && (is_merge(q) || q->verb == KUBE_DELETE);
    if (e->alone) {
        struct value *object = imagine(w);
        if (object)
            presume(w, object);
        return object != NULL;
    }
    if (w->on_top && e->would_be) { // an edit: the server could not apply it to what it has
        presume(w, e->would_be);
    } else if (w->on_top && e->before->type == VALUE_NULL && whole) { // deleted by the plan
        presume(w, value_copy(&e->arena, q->body));
    } else if (known || q->verb == KUBE_CREATE || q->name == NULL) {
        w->request.dry_run = true;
        k8s_work_start(w, checked);
    } else {
        w->request = (struct kube_request){
            .verb = KUBE_GET, .resource = q->resource, .name = q->name, .namespace = q->namespace};
        k8s_work_start(w, looked);
    }
    return true;
}
