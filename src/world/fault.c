#include "world/fault.h"

#include <string.h>

#include "base/buf.h"
#include "engine/convert.h"
#include "world/state.h"

static int job_list(lua_State *L)
{
    struct job *job = job_of(L);
    struct arena *a = job->arena;
    world_push_spec(job->world);
    world_push_self(job->world);
    lua_getfield(L, 2, "faults");
    lua_getfield(L, 1, "faults");
    struct value *helps = world_plain(L, 4, a, "faults");
    job->out = value_array(a);
    for (size_t i = 0; i < value_count(helps); i++) {
        const struct value_member *m = &helps->object.members[i];
        struct value *fault = value_object(a);
        bool on = lua_getfield(L, 3, m->key) != LUA_TNIL;
        value_set(a, fault, "name", value_string(a, m->key));
        value_set(a, fault, "help", m->value);
        value_set(a, fault, "weight", on ? world_plain(L, 5, a, m->key) : value_bool(a, false));
        value_push(a, job->out, fault);
        lua_settop(L, 4);
    }
    return 0;
}

struct value *fault_list(struct world *w, struct arena *a, struct error *err)
{
    struct job job = {.arena = a};
    return world_protect(w, job_list, &job, err) ? job.out : NULL;
}

static int job_set(lua_State *L)
{
    struct job *job = job_of(L);
    world_push_self(job->world);
    lua_getfield(L, 1, "faults");
    convert_push(L, job->in);
    lua_setfield(L, 2, job->text);
    return 0;
}

static bool is_off(const struct value *weight)
{
    return weight == NULL || weight->type == VALUE_NULL ||
           (weight->type == VALUE_BOOL && !weight->boolean);
}

bool fault_set(struct world *w, const char *name, const struct value *weight, struct error *err)
{
    struct arena a = {0};
    const struct value *all = fault_list(w, &a, err);
    struct buf known = {.max = 800};
    bool found = false;
    for (size_t i = 0; i < value_count(all); i++) {
        const char *other = value_get_text(value_at(all, i), "name");
        found = found || strcmp(other, name) == 0;
        buf_printf(&known, "%s%s", i ? ", " : "", other);
    }
    bool ok = all != NULL;
    if (ok && !found) {
        ok = error_set(err, "the world '%s' has no fault '%s'; it has %s", world_name(w), name,
                       known.len ? buf_text(&known) : "none");
    } else if (ok) {
        struct job job = {.text = name, .in = is_off(weight) ? NULL : value_copy(&a, weight)};
        ok = world_protect(w, job_set, &job, err);
    }
    buf_free(&known);
    arena_free(&a);
    return ok;
}
