// The verbs of k8s.call: whether each reads or writes, and how it is performed, rehearsed and
// handed back.
#include <string.h>

#include "engine/convert.h"
#include "engine/failure.h"
#include "engine/run.h"
#include "prim/k8s_args.h"
#include "prim/k8s_secret.h"
#include "prim/k8s_work.h"

static void call_done(const struct kube_result *r, void *arg)
{
    struct k8s_work *w = arg;
    struct effect *e = w->effect;
    w->call = NULL;
    bool missing = r->missing && value_get_bool(e->args, "optional", false);
    if (r->error && !missing) {
        k8s_fail(e, r);
        e->in_doubt = r->in_doubt;
        e->refused = !r->in_doubt;
    } else {
        e->result = missing ? value_null(&e->arena) : r->value;
    }
    effect_end(e);
}

static void k8s_perform(struct effect *e)
{
    k8s_work_start(k8s_work_new(e), call_done);
}

static void k8s_cancel(struct effect *e)
{
    struct k8s_work *w = e->work;
    kube_call_cancel(w->call);
    w->call = NULL;
}

static void k8s_settle(struct effect *e)
{
    struct k8s_work *w = e->work;
    if (w->call)
        kube_call_settle(w->call);
}

static int watch_push(lua_State *L, struct effect *e)
{
    k8s_secret_mask(e, e->result);
    convert_push(L, e->result);
    return 1;
}

static int k8s_push(lua_State *L, struct effect *e)
{
    k8s_secret_mask(e, e->result);
    bool optional = value_get_bool(e->args, "optional", false) || k8s_verb(e) == KUBE_DELETE;
    if (e->result->type != VALUE_NULL)
        convert_push(L, e->result);
    else if (optional)
        lua_pushnil(L);
    else
        return failure_raise(L, FAILURE_EFFECT,
                             "%s: it is not there: the plan has deleted it before", e->summary);
    return 1;
}

static const struct k8s_kind verbs[] = {
    {"get",
     ACCESS_READ,
     &k8s_get_args,
     {.fetches = true,
      .identify = k8s_identify,
      .name = "k8s.get",
      .amend = k8s_amend_scale,
      .perform = k8s_perform,
      .cancel = k8s_cancel,
      .push = k8s_push}},
    {"list",
     ACCESS_READ,
     &k8s_list_args,
     {.fetches = true,
      .identify = k8s_identify,
      .name = "k8s.list",
      .amend = k8s_amend_list,
      .perform = k8s_perform,
      .cancel = k8s_cancel,
      .push = k8s_push}},
    {"review",
     ACCESS_READ,
     &k8s_review_args,
     {.fetches = true,
      .identify = k8s_identify,
      .name = "k8s.can_i",
      .perform = k8s_perform,
      .cancel = k8s_cancel,
      .push = k8s_push}},
    {"version",
     ACCESS_READ,
     &k8s_args,
     {.fetches = true,
      .identify = k8s_identify,
      .name = "k8s.version",
      .perform = k8s_perform,
      .cancel = k8s_cancel,
      .push = k8s_push}},
    {"types",
     ACCESS_READ,
     &k8s_args,
     {.fetches = true,
      .identify = k8s_identify,
      .name = "k8s.api_resources",
      .perform = k8s_perform,
      .cancel = k8s_cancel,
      .push = k8s_push}},
    {"watch",
     ACCESS_READ,
     &k8s_watch_args,
     {.fetches = true,
      .identify = k8s_identify,
      .name = "k8s.watch",
      .perform = k8s_watch_perform,
      .cancel = k8s_stream_cancel,
      .push = watch_push}},
    {"logs",
     ACCESS_READ,
     &k8s_logs_args,
     {.fetches = true,
      .identify = k8s_identify,
      .name = "k8s.logs",
      .perform = k8s_logs_perform,
      .cancel = k8s_stream_cancel}},
    {"create",
     ACCESS_WRITE,
     &k8s_create_args,
     {.fetches = true,
      .identify = k8s_identify,
      .name = "k8s.create",
      .perform = k8s_perform,
      .cancel = k8s_cancel,
      .settle = k8s_settle,
      .rehearse = k8s_rehearse,
      .rests_on = k8s_rests_on,
      .push = k8s_push}},
    {"patch",
     ACCESS_WRITE,
     &k8s_patch_args,
     {.fetches = true,
      .identify = k8s_identify,
      .name = "k8s.patch",
      .perform = k8s_perform,
      .cancel = k8s_cancel,
      .settle = k8s_settle,
      .rehearse = k8s_rehearse,
      .rests_on = k8s_rests_on,
      .push = k8s_push}},
    {"apply",
     ACCESS_WRITE,
     &k8s_apply_args,
     {.fetches = true,
      .identify = k8s_identify,
      .name = "k8s.apply",
      .perform = k8s_perform,
      .cancel = k8s_cancel,
      .settle = k8s_settle,
      .rehearse = k8s_rehearse,
      .rests_on = k8s_rests_on,
      .push = k8s_push}},
    {"delete",
     ACCESS_WRITE,
     &k8s_delete_args,
     {.fetches = true,
      .identify = k8s_identify,
      .name = "k8s.delete",
      .perform = k8s_perform,
      .cancel = k8s_cancel,
      .settle = k8s_settle,
      .rehearse = k8s_rehearse,
      .rests_on = k8s_rests_on,
      .push = k8s_push}},
};

const struct k8s_kind *k8s_kind_find(const char *name)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}
