// What the type of an effect's object is: only the cluster knows what words stand for it, and
// whether it is in a namespace.
#include <string.h>

#include "engine/permit.h"
#include "engine/run.h"
#include "kube/discovery.h"
#include "prim/k8s_work.h"

static struct object_type type_of(const struct kube_resource *r)
{
    return (struct object_type){.plural = r->plural,
                                .group = r->group,
                                .scope = r->namespaced ? SCOPE_NAMESPACE : SCOPE_CLUSTER,
                                .names = r->names,
                                .shared = r->shared,
                                .known = true};
}

static void identified(const struct kube_result *r, void *arg)
{
    struct k8s_work *w = arg;
    struct effect *e = w->effect;
    struct object_type *type = NULL;
    w->call = NULL;
    e->work = NULL;
    if (r->type) {
        type = arena_alloc(&e->arena, sizeof *type);
        *type = type_of(r->type);
    }
    effect_identified(e, type);
}

void k8s_identify(struct effect *e)
{
    struct k8s_work *w = k8s_work_new(e);
    const char *what = need_of(e, "k8s")->what;
    w->request = (struct kube_request){
        .verb = KUBE_IDENTIFY,
        .resource = arena_copy(&e->arena, what, strcspn(what, "/")),
        .timeout_ms = w->request.timeout_ms,
    };
    w->call = kube_call_start(e->run->kube, &w->request, &e->arena, identified, w);
}

bool k8s_type_may(void *effect, const struct kube_resource *r, struct error *err)
{
    const struct object_type type = type_of(r);
    return permit_type(effect, &type, err);
}
