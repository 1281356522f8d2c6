// k8s: calls to the Kubernetes API. The verbs that authors use stand on k8s.call, in the prelude.
#include <ctype.h>
#include <lauxlib.h>
#include <string.h>
#include <strings.h>

#include "engine/border.h"
#include "engine/convert.h"
#include "engine/failure.h"
#include "engine/run.h"
#include "kube/client.h"
#include "kube/name.h"
#include "kube/status.h"
#include "prim/args.h"
#include "prim/changes.h"
#include "prim/prims.h"

static const struct {
    const char *name;
    enum kube_verb verb;
    enum effect_access access;
} verbs[] = {{"get", KUBE_GET, ACCESS_READ},        {"list", KUBE_LIST, ACCESS_READ},
             {"create", KUBE_CREATE, ACCESS_WRITE}, {"patch", KUBE_PATCH, ACCESS_WRITE},
             {"apply", KUBE_APPLY, ACCESS_WRITE},   {"delete", KUBE_DELETE, ACCESS_WRITE}};

// Under way: the call, and in a rehearsal which of its two halves.
struct work {
    struct effect *effect;
    struct kube_call *call;
    struct kube_request request;
    bool rehearsal;
};

static void close_client(void *client)
{
    kube_close(client);
}

// The run's client, made on first use. Raises when the kubeconfig is of no use.
static struct kube *client_of(lua_State *L, struct run *run)
{
    if (run->kube)
        return run->kube;
    struct error err = {""};
    struct kube_config_options options = {.path = run->options->kubeconfig,
                                          .context = run->options->context};
    struct kube_config *config = kube_config_load(&options, &err);
    if (config == NULL)
        failure_raise(L, FAILURE_EFFECT, "%s", err.text);
    run->kube = kube_open(run->loop, run->fetcher, config);
    run->kube_free = close_client;
    return run->kube;
}

static const char *text(const struct effect *e, const char *name)
{
    const struct value *v = value_get(e->args, name);
    return v && v->type == VALUE_STRING ? v->string.text : NULL;
}

static enum kube_verb verb_of(const struct effect *e)
{
    const char *name = value_get_text(e->args, "verb");
    size_t i = 0;
    while (strcmp(verbs[i].name, name) != 0)
        i++;
    return verbs[i].verb;
}

static struct kube_request request_of(const struct effect *e)
{
    const struct value *merge = value_get(e->args, "merge"), *json = value_get(e->args, "json"),
                       *strategic = value_get(e->args, "strategic");
    return (struct kube_request){
        .verb = verb_of(e),
        .resource = text(e, "resource"),
        .name = text(e, "name"),
        .namespace = text(e, "namespace"),
        .all_namespaces = value_get_bool(e->args, "all_namespaces", false),
        .label_selector = text(e, "selector"),
        .field_selector = text(e, "field_selector"),
        .body = merge       ? merge
                : json      ? json
                : strategic ? strategic
                            : value_get(e->args, "object"),
        .patch_type = json        ? KUBE_PATCH_JSON
                      : strategic ? KUBE_PATCH_STRATEGIC
                                  : KUBE_PATCH_MERGE,
        .subresource = text(e, "subresource"),
        .field_manager = text(e, "manager"),
        .force = value_get_bool(e->args, "force", false),
        .propagation = text(e, "propagation"),
        .if_uid = text(e, "if_uid"),
        .if_resource_version = text(e, "if_resource_version"),
        .timeout_ms = value_get_int(e->args, "timeout_ms", 0),
    };
}

static void start(struct work *w, kube_done *done)
{
    w->call = kube_call_start(w->effect->run->kube, &w->request, &w->effect->arena, done, w);
}

static void call_done(const struct kube_result *r, void *arg)
{
    struct work *w = arg;
    struct effect *e = w->effect;
    w->call = NULL;
    bool missing = r->missing && value_get_bool(e->args, "optional", false);
    if (r->error && !missing) {
        e->error = r->error;
        e->in_doubt = r->in_doubt;
    } else {
        e->result = missing ? value_null(&e->arena) : r->value;
    }
    effect_end(e);
}

static struct work *work_of(struct effect *e)
{
    struct work *w = arena_alloc(&e->arena, sizeof *w);
    w->effect = e;
    w->request = request_of(e);
    e->work = w;
    return w;
}

static void k8s_perform(struct effect *e)
{
    start(work_of(e), call_done);
}

static void k8s_cancel(struct effect *e)
{
    struct work *w = e->work;
    kube_call_cancel(w->call);
    w->call = NULL;
}

// The plan has changed the object before, and the server does not know of that: what it answered is
// about the object as it still is.
static struct value *would_be(const struct effect *e, const struct work *w,
                              const struct kube_result *r, bool on_top)
{
    struct arena *a = (struct arena *)&e->arena;
    if (w->request.verb == KUBE_DELETE)
        return value_null(a);
    if (on_top && w->request.verb == KUBE_PATCH && w->request.patch_type == KUBE_PATCH_MERGE)
        return changes_merge(a, e->before, w->request.body);
    return r->value;
}

static void checked(const struct kube_result *r, void *arg)
{
    struct work *w = arg;
    struct effect *e = w->effect;
    bool on_top = w->rehearsal;
    w->call = NULL;
    if (r->error) {
        e->error = r->error;
    } else {
        e->would_be = would_be(e, w, r, on_top);
        e->result = e->would_be;
        e->diff = changes_between(e->run, &e->arena, e->before, e->would_be);
        e->note = on_top ? NULL : "controllers do not act on a dry run";
    }
    effect_end(e);
}

static void looked(const struct kube_result *r, void *arg)
{
    struct work *w = arg;
    w->call = NULL;
    w->effect->before = r->error ? value_null(&w->effect->arena) : r->value;
    w->request = request_of(w->effect);
    w->request.dry_run = true;
    start(w, checked);
}

// Asks the server what the write would do, after a look at the object as it is.
static bool k8s_rehearse(struct effect *e)
{
    struct work *w = work_of(e);
    w->rehearsal = e->before != NULL;
    if (w->rehearsal || w->request.verb == KUBE_CREATE || w->request.name == NULL) {
        w->request.dry_run = true;
        start(w, checked);
        return true;
    }
    w->request = (struct kube_request){.verb = KUBE_GET,
                                       .resource = w->request.resource,
                                       .name = w->request.name,
                                       .namespace = w->request.namespace};
    start(w, looked);
    return true;
}

static int k8s_push(lua_State *L, struct effect *e)
{
    if (e->result->type != VALUE_NULL) {
        convert_push(L, e->result);
    } else if (value_get_bool(e->args, "optional", false) || verb_of(e) == KUBE_DELETE) {
        lua_pushnil(L);
    } else {
        return failure_raise(L, FAILURE_EFFECT,
                             "%s: it is not there: the plan has deleted it before", e->summary);
    }
    return 1;
}

static const struct effect_kind kinds[] = {
    {.name = "k8s.get", .perform = k8s_perform, .cancel = k8s_cancel, .push = k8s_push},
    {.name = "k8s.list", .perform = k8s_perform, .cancel = k8s_cancel, .push = k8s_push},
    {.name = "k8s.create",
     .perform = k8s_perform,
     .cancel = k8s_cancel,
     .rehearse = k8s_rehearse,
     .push = k8s_push},
    {.name = "k8s.patch",
     .perform = k8s_perform,
     .cancel = k8s_cancel,
     .rehearse = k8s_rehearse,
     .push = k8s_push},
    {.name = "k8s.apply",
     .perform = k8s_perform,
     .cancel = k8s_cancel,
     .rehearse = k8s_rehearse,
     .push = k8s_push},
    {.name = "k8s.delete",
     .perform = k8s_perform,
     .cancel = k8s_cancel,
     .rehearse = k8s_rehearse,
     .push = k8s_push},
};

// The words for a type come in many forms; for telling whether two effects mean the same object the
// plain singular is near enough. Two forms that stay apart only make a plan more careful.
static const char *singular(struct arena *a, const char *words)
{
    char *s = arena_copy(a, words, strcspn(words, "."));
    size_t len = strlen(s);
    for (char *p = s; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    if (len > 4 && strcmp(s + len - 3, "ies") == 0)
        strcpy(s + len - 3, "y"); // NOLINT: shorter than what it replaces
    else if (len > 4 && strcmp(s + len - 4, "sses") == 0)
        s[len - 2] = '\0';
    else if (len > 2 && s[len - 1] == 's' && s[len - 2] != 's')
        s[len - 1] = '\0';
    return s;
}

// Parts `what` ("ingress/x") into resource and name; objects bring both along.
static void read_target(lua_State *L, struct effect *e)
{
    struct arena *a = &e->arena;
    struct error err = {""};
    struct kube_name name = {0};
    const char *what = args_text(L, e, "what");
    const struct value *object = value_get(e->args, "object");
    if (what && !kube_name_parse(a, what, &name, &err))
        failure_raise(L, FAILURE_USAGE, "k8s: %s", err.text);
    if (object) {
        name.resource = value_get_text(object, "kind");
        name.name = value_get_text(value_get(object, "metadata"), "name");
        if (*name.resource == '\0' || *name.name == '\0')
            failure_raise(L, FAILURE_USAGE, "k8s: the object needs a kind and metadata.name");
    } else {
        value_set(a, e->args, "resource", value_string(a, name.resource));
        value_set(a, e->args, "name", value_string(a, name.name));
    }
    value_remove(e->args, "what");
    const char *space = args_text(L, e, "namespace");
    const struct kube_config *config = kube_config_of(e->run->kube);
    if (space == NULL && object)
        space = text(&(struct effect){.args = value_get(object, "metadata")}, "namespace");
    if (space == NULL)
        space = config->namespace;
    e->system = config->server;
    if (name.name)
        e->target = arena_printf(a, "%s %s/%s/%s", config->server, space,
                                 singular(a, name.resource), name.name);
    const char *verb = value_get_text(e->args, "verb");
    if (e->summary == NULL)
        e->summary = arena_printf(
            a, "%s %s%s%s in %s", verb, name.resource, name.name ? "/" : "",
            name.name ? name.name : "",
            value_get_bool(e->args, "all_namespaces", false) ? "all namespaces" : space);
}

// The journal keeps no Secrets.
static bool is_secret(const struct effect *e)
{
    const char *type = value_get_text(e->args, "resource");
    if (*type == '\0')
        type = value_get_text(value_get(e->args, "object"), "kind");
    return strncasecmp(type, "secret", 6) == 0;
}

// k8s.call { verb = "get", what = "deployment/x", ... }: one call; the other functions stand on it.
// Effect: a read for get and list, else a write, which a plan lets the server check. Raises an
// effect failure that says what was tried and what came back. Options of every function:
//   namespace        default: the object's, else the kubeconfig's
//   timeout          of the whole call (default 30s)
//   subresource      "status", "scale"; not with list
//   manager          the field manager (default "runbook")
//   if_uid, if_resource_version
//                    writes: refused unless the object still has them
static int k8s_call(lua_State *L)
{
    struct run *run = run_of(L);
    lua_settop(L, 1);
    lua_getfield(L, 1, "verb");
    size_t i = 0;
    while (i < 5 && strcmp(verbs[i].name, luaL_checkstring(L, -1)) != 0)
        i++;
    lua_pop(L, 1);
    struct effect *e = effect_new(L, &kinds[i], verbs[i].access);
    args_read(
        L, 1, e, "k8s",
        "verb what namespace selector field_selector all_namespaces merge json strategic object "
        "subresource manager force propagation if_uid if_resource_version timeout optional");
    int64_t timeout = args_ms(L, e, "timeout", 0);
    value_remove(e->args, "timeout");
    value_set(&e->arena, e->args, "timeout_ms", value_int(&e->arena, timeout));
    if (fiber_of(L) == NULL)
        return door_pass(L, e); // which says why not
    e->run = run;
    client_of(L, run);
    read_target(L, e);
    if (verbs[i].verb == KUBE_PATCH && value_get(e->args, "merge") && !e->assume)
        e->diff = changes_named(run, &e->arena, value_get(e->args, "merge"));
    // Patches and applies say what is to be, so that sending one again does no harm.
    e->repeatable = verbs[i].verb == KUBE_APPLY || value_get(e->args, "merge") != NULL;
    e->sensitive = is_secret(e);
    return door_pass(L, e);
}

// Reads the object at 1 into an arena that is closed with the calling function.
static struct value *object_argument(lua_State *L, struct arena *a)
{
    struct error err = {""};
    struct value *object = lua_istable(L, 1) ? convert_read(L, 1, a, &err) : NULL;
    if (object == NULL)
        failure_raise(L, FAILURE_USAGE, "k8s: wants a Kubernetes object as k8s.get gives it");
    return object;
}

// k8s.condition(object, "Ready" [, "True"]): does the condition hold, by the rules of
// `kubectl wait`? True, or false and what stands there instead. A pure function.
static int k8s_condition(lua_State *L)
{
    const char *type = luaL_checkstring(L, 2), *status = luaL_optstring(L, 3, NULL);
    struct arena *a = border_arena(L);
    struct error why = {""};
    bool met = kube_condition_met(object_argument(L, a), type, status, &why);
    lua_pushboolean(L, met);
    lua_pushstring(L, why.text);
    return 2;
}

// k8s.rollout_status(object): the same as k8s.rollout for an object at hand. A pure function.
static int k8s_rollout_status(lua_State *L)
{
    static const char *const names[] = {[KUBE_ROLLOUT_WAITING] = "waiting",
                                        [KUBE_ROLLOUT_DONE] = "done",
                                        [KUBE_ROLLOUT_FAILED] = "failed"};
    struct arena *a = border_arena(L);
    struct error says = {""};
    enum kube_rollout state = kube_rollout_status(object_argument(L, a), &says);
    lua_pushstring(L, names[state]);
    lua_pushstring(L, says.text);
    return 2;
}

int prim_k8s(lua_State *L)
{
    static const luaL_Reg functions[] = {{"call", k8s_call},
                                         {"condition", k8s_condition},
                                         {"rollout_status", k8s_rollout_status},
                                         {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
