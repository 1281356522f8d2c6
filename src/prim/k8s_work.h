// k8s_work: what the files behind the noun `k8s` share: an effect on its way, and its performers.
#pragma once

#include <lua.h>

#include "engine/effect.h"
#include "kube/client.h"
#include "prim/arg.h"

struct timer;
struct kube_watch;

// What k8s.call can do; the kind's name is the function that authors call.
struct k8s_kind {
    const char *name;
    enum effect_access access;
    const struct args *args; // the options that it takes
    struct effect_kind kind;
};

// NULL when there is no such verb.
const struct k8s_kind *k8s_kind_find(const char *name);

// What an effect's performer keeps in e->work.
struct k8s_work {
    struct effect *effect;
    struct kube_call *call;
    struct kube_request request;
    bool on_top;              // rehearsal: the plan has changed the object before
    const struct value *live; // rehearsal on top: the object as the server has it
    struct kube_watch *watch; // watch: under way
    struct timer *tick;       // watch and logs: the next word of progress, or the end of a batch
    struct k8s_log *log;      // logs: what has come so far
};

// The effect's work, new and with the request that its arguments describe.
struct k8s_work *k8s_work_new(struct effect *);
// An error as kube/ tells it, secrets masked, and cut in the middle where it is long: what was
// tried stands at its beginning, and what to do next at its end. NULL for NULL.
const char *k8s_error(const struct run *, struct arena *, const char *error);
// The effect has failed as the call did.
void k8s_fail(struct effect *, const struct kube_result *);
// Starts the request with work->request.
void k8s_work_start(struct k8s_work *, kube_done *done);
// What type the effect's object has: the effect kinds' `identify`; and whether the run's rules
// permit the effect on one of the type, `may` of a request.
void k8s_identify(struct effect *);
bool k8s_type_may(void *effect, const struct kube_resource *, struct error *err);
// An argument as text, or NULL.
const char *k8s_text(const struct effect *, const char *name);
// The verb among the effect's arguments.
enum kube_verb k8s_verb(const struct effect *);

// Plan: asks the server what the write would do, after a look at the object as it is.
bool k8s_rehearse(struct effect *);
// Plan: does the write need that Namespace or CustomResourceDefinition? The effect kinds'
// `rests_on`.
bool k8s_rests_on(const struct effect *, const struct value *made);

// Plan: what the plan makes of an object, put into a list, or into the scale of that object; the
// effect kinds' `amend`.
bool k8s_amend_list(struct effect *, const char *target, const struct value *object);
bool k8s_amend_scale(struct effect *, const char *target, const struct value *object);

// The performers of the streams, and what ends them at once.
void k8s_watch_perform(struct effect *);
void k8s_logs_perform(struct effect *);
void k8s_stream_cancel(struct effect *);

// Fills in what the arguments name: type, object and namespace, the effect's system and target, and
// its summary. Raises a usage failure.
void k8s_target_read(lua_State *L, struct effect *);
// Reads `before` and `after`, an object as it was and as it is to be, and makes of them the patch
// that changes one into the other, guarded by resourceVersion, and the diff. Raises a usage
// failure.
void k8s_edit_read(lua_State *L, struct effect *);
