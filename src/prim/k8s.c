// k8s: calls to the Kubernetes API. The verbs that authors use stand on k8s.call, in the prelude.
#include <lauxlib.h>

#include "engine/border.h"
#include "engine/convert.h"
#include "engine/door.h"
#include "engine/failure.h"
#include "engine/run.h"
#include "engine/unknown.h"
#include "kube/status.h"
#include "prim/args.h"
#include "prim/changes.h"
#include "prim/k8s_client.h"
#include "prim/k8s_secret.h"
#include "prim/k8s_work.h"
#include "prim/prims.h"

static void set_ms(lua_State *L, struct effect *e, const char *name, const char *normal)
{
    int64_t ms = args_ms(L, e, name, -1);
    value_remove(e->args, name);
    if (ms >= 0)
        value_set(&e->arena, e->args, normal, value_int(&e->arena, ms));
}

// k8s.call { verb = "get", what = "deployment/x", ... }: one call; the other functions stand on it.
// Effect: a read for get and list, else a write, which a plan lets the server check. Raises an
// effect failure that says what was tried and what came back. What the server warns of beside its
// answers (a version on its way out, what an admission rule minds) is shown once a run. Options of
// every function:
//   [k8s_args]
// and of those that write:
//   [k8s_write_args]
static int k8s_call(lua_State *L)
{
    struct run *run = run_of(L);
    lua_settop(L, 1);
    lua_getfield(L, 1, "verb");
    const char *name = luaL_checkstring(L, -1);
    const struct k8s_kind *kind = k8s_kind_find(name);
    if (kind == NULL)
        failure_raise(L, FAILURE_USAGE, "k8s.call knows no verb '%s'", name);
    lua_pop(L, 1);
    struct effect *e = effect_new(L, &kind->kind, kind->access);
    args_read(L, 1, e, kind->kind.name, kind->args);
    set_ms(L, e, "timeout", "timeout_ms");
    set_ms(L, e, "elapsed", "elapsed_ms");
    int64_t max_bytes = args_bytes(L, e, "max_bytes", 0);
    if (max_bytes)
        value_set(&e->arena, e->args, "max_bytes", value_int(&e->arena, max_bytes));
    if (fiber_of(L) == NULL)
        return door_pass(L, e); // which says why not
    e->run = run;
    error_local(err);
    if (k8s_client(run, &err) == NULL)
        failure_raise_error(L, FAILURE_EFFECT, NULL, &err);
    k8s_target_read(L, e);
    k8s_secret_mask_body(e, run);
    k8s_edit_read(L, e);
    e->aside = "if_uid if_resource_version";
    if (e->sensitive && e->access == ACCESS_WRITE)
        e->veiled = changes_veiled(&e->arena, e->args);
    // Patches and applies say what is to be, so that sending one again does no harm.
    e->repeatable = k8s_verb(e) == KUBE_APPLY || value_get(e->args, "merge") != NULL;
    return door_pass(L, e);
}

// Reads the object at 1 into an arena that is closed with the calling function. Secrets in it are
// masked, for what is said of it is cut.
static struct value *object_argument(lua_State *L, struct arena *a)
{
    if (unknown_is(L, 1))
        unknown_raise(L, 1);
    struct value *object = lua_istable(L, 1) ? convert_read(L, 1, a, NULL) : NULL;
    if (object == NULL)
        failure_raise(L, FAILURE_USAGE, "k8s: wants a Kubernetes object as k8s.get gives it");
    return run_masked(run_of(L), a, object);
}

// k8s.condition(object, "Ready" [, "True"]): does the condition hold, by the rules of
// `kubectl wait`? True, or false and what stands there instead. A pure function.
static int k8s_condition(lua_State *L)
{
    const char *type = luaL_checkstring(L, 2), *status = luaL_optstring(L, 3, NULL);
    struct arena *a = border_arena(L);
    error_local(why);
    bool met = kube_condition_met(object_argument(L, a), type, status, &why);
    lua_pushboolean(L, met);
    lua_pushstring(L, error_text(&why));
    return 2;
}

// k8s.rollout_status(object): the same as k8s.rollout for an object at hand. A pure function.
static int k8s_rollout_status(lua_State *L)
{
    static const char *const names[] = {[KUBE_ROLLOUT_WAITING] = "waiting",
                                        [KUBE_ROLLOUT_DONE] = "done",
                                        [KUBE_ROLLOUT_FAILED] = "failed"};
    struct arena *a = border_arena(L);
    error_local(says);
    enum kube_rollout state = kube_rollout_status(object_argument(L, a), &says);
    lua_pushstring(L, names[state]);
    lua_pushstring(L, error_text(&says));
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
