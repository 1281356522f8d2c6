#include "prim/k8s_work.h"

#include <string.h>

#include "engine/quote.h"
#include "engine/run.h"

enum { LONGEST_ERROR = 1800 };

static const char *const names[] = {
    [KUBE_GET] = "get",       [KUBE_LIST] = "list",     [KUBE_WATCH] = "watch",
    [KUBE_CREATE] = "create", [KUBE_PATCH] = "patch",   [KUBE_APPLY] = "apply",
    [KUBE_DELETE] = "delete", [KUBE_REVIEW] = "review", [KUBE_VERSION] = "version",
    [KUBE_TYPES] = "types",
};

enum kube_verb k8s_verb(const struct effect *e)
{
    const char *name = value_get_text(e->args, "verb");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return (enum kube_verb)i;
    return KUBE_GET; // of logs, which are a part of a pod
}

const char *k8s_text(const struct effect *e, const char *name)
{
    const struct value *v = value_get(e->args, name);
    return v && v->type == VALUE_STRING ? v->string.text : NULL;
}

static struct kube_request request_of(const struct effect *e)
{
    const struct value *merge = value_get(e->args, "merge"), *json = value_get(e->args, "json"),
                       *strategic = value_get(e->args, "strategic");
    return (struct kube_request){
        .verb = k8s_verb(e),
        .resource = k8s_text(e, "resource"),
        .name = k8s_text(e, "name"),
        .namespace = k8s_text(e, "namespace"),
        .all_namespaces = value_get_bool(e->args, "all_namespaces", false),
        .label_selector = k8s_text(e, "selector"),
        .field_selector = k8s_text(e, "field_selector"),
        .body = merge       ? merge
                : json      ? json
                : strategic ? strategic
                            : value_get(e->args, "object"),
        .patch_type = json        ? KUBE_PATCH_JSON
                      : strategic ? KUBE_PATCH_STRATEGIC
                                  : KUBE_PATCH_MERGE,
        .subresource = k8s_text(e, "subresource"),
        .field_manager = k8s_text(e, "manager"),
        .force = value_get_bool(e->args, "force", false),
        .propagation = k8s_text(e, "propagation"),
        .if_uid = k8s_text(e, "if_uid"),
        .if_resource_version = k8s_text(e, "if_resource_version"),
        .asked = k8s_text(e, "asked"),
        .timeout_ms = value_get_int(e->args, "timeout_ms", 0),
    };
}

struct k8s_work *k8s_work_new(struct effect *e)
{
    struct k8s_work *w = arena_alloc(&e->arena, sizeof *w);
    w->effect = e;
    w->request = request_of(e);
    e->work = w;
    return w;
}

const char *k8s_error(const struct run *run, struct arena *a, const char *error)
{
    if (error == NULL)
        return NULL;
    return quote(run, a, error, strlen(error), CLIP_MIDDLE, LONGEST_ERROR);
}

void k8s_fail(struct effect *e, const struct kube_result *r)
{
    e->error = k8s_error(e->run, &e->arena, r->error);
    e->code = r->code;
    e->retry_after_ms = r->retry_after_ms;
}

void k8s_work_start(struct k8s_work *w, kube_done *done)
{
    w->request.may = k8s_type_may;
    w->request.may_arg = w->effect;
    w->call = kube_call_start(w->effect->run->kube, &w->request, &w->effect->arena, done, w);
}
