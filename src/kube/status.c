#include "kube/status.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

// The number at a dotted path; *there tells whether there is one.
static int64_t number_at(const struct value *object, const char *path, bool *there)
{
    const struct value *v = value_path(object, path);
    bool found = v && v->type == VALUE_INT;
    if (there)
        *there = found;
    return found ? v->integer : 0;
}

// One without a status says nothing and is passed over.
static const struct value *condition_find(const struct value *object, const char *type)
{
    const struct value *list = value_path(object, "status.conditions");
    for (size_t i = 0; list && list->type == VALUE_ARRAY && i < list->array.count; i++) {
        const struct value *c = list->array.items[i];
        if (strcasecmp(value_get_text(c, "type"), type) == 0 && *value_get_text(c, "status"))
            return c;
    }
    return NULL;
}

bool kube_condition_met(const struct value *object, const char *type, const char *status,
                        struct error *why)
{
    const struct value *c = condition_find(object, type);
    if (c == NULL)
        return error_set(why, "there is no condition %s yet", type);
    bool has_generation, has_observed;
    int64_t generation = number_at(object, "metadata.generation", &has_generation);
    int64_t observed = number_at(c, "observedGeneration", &has_observed);
    if (!has_observed)
        observed = number_at(object, "status.observedGeneration", &has_observed);
    if (has_generation && has_observed && observed < generation)
        return error_set(
            why, "%s was last judged for generation %" PRId64 ", and the object is at %" PRId64,
            type, observed, generation);
    if (strcasecmp(value_get_text(c, "status"), status ? status : "True") == 0)
        return true;
    const char *reason = value_get_text(c, "reason"), *message = value_get_text(c, "message");
    bool both = *reason && *message, any = *reason || *message;
    return error_set(why, "%s is %s%s%s%s%s%s", value_get_text(c, "type"),
                     *value_get_text(c, "status") ? value_get_text(c, "status")
                                                  : "without a status",
                     any ? " (" : "", reason, both ? ": " : "", message, any ? ")" : "");
}

#define SAY(outcome, ...) (error_set(says, __VA_ARGS__), (outcome))

static enum kube_rollout deployment_status(const struct value *o, const char *name,
                                           struct error *says)
{
    bool limited;
    int64_t wanted = number_at(o, "spec.replicas", &limited);
    int64_t all = number_at(o, "status.replicas", NULL);
    int64_t updated = number_at(o, "status.updatedReplicas", NULL);
    int64_t available = number_at(o, "status.availableReplicas", NULL);
    if (number_at(o, "metadata.generation", NULL) > number_at(o, "status.observedGeneration", NULL))
        return SAY(KUBE_ROLLOUT_WAITING, "Waiting for deployment spec update to be observed...");
    if (strcmp(value_get_text(condition_find(o, "Progressing"), "reason"),
               "ProgressDeadlineExceeded") == 0)
        return SAY(KUBE_ROLLOUT_FAILED, "deployment \"%s\" exceeded its progress deadline", name);
    if (limited && updated < wanted)
        return SAY(KUBE_ROLLOUT_WAITING,
                   "Waiting for deployment \"%s\" rollout to finish: %" PRId64 " out of %" PRId64
                   " new replicas have been updated...",
                   name, updated, wanted);
    if (all > updated)
        return SAY(KUBE_ROLLOUT_WAITING,
                   "Waiting for deployment \"%s\" rollout to finish: %" PRId64
                   " old replicas are pending termination...",
                   name, all - updated);
    if (available < updated)
        return SAY(KUBE_ROLLOUT_WAITING,
                   "Waiting for deployment \"%s\" rollout to finish: %" PRId64 " of %" PRId64
                   " updated replicas are available...",
                   name, available, updated);
    return SAY(KUBE_ROLLOUT_DONE, "deployment \"%s\" successfully rolled out", name);
}

static enum kube_rollout daemonset_status(const struct value *o, const char *name,
                                          struct error *says)
{
    int64_t desired = number_at(o, "status.desiredNumberScheduled", NULL);
    int64_t updated = number_at(o, "status.updatedNumberScheduled", NULL);
    int64_t available = number_at(o, "status.numberAvailable", NULL);
    if (number_at(o, "metadata.generation", NULL) > number_at(o, "status.observedGeneration", NULL))
        return SAY(KUBE_ROLLOUT_WAITING, "Waiting for daemon set spec update to be observed...");
    if (updated < desired)
        return SAY(KUBE_ROLLOUT_WAITING,
                   "Waiting for daemon set \"%s\" rollout to finish: %" PRId64 " out of %" PRId64
                   " new pods have been updated...",
                   name, updated, desired);
    if (available < desired)
        return SAY(KUBE_ROLLOUT_WAITING,
                   "Waiting for daemon set \"%s\" rollout to finish: %" PRId64 " of %" PRId64
                   " updated pods are available...",
                   name, available, desired);
    return SAY(KUBE_ROLLOUT_DONE, "daemon set \"%s\" successfully rolled out", name);
}

static enum kube_rollout statefulset_status(const struct value *o, const char *name,
                                            struct error *says)
{
    (void)name; // kubectl does not say it
    bool limited, partitioned;
    int64_t wanted = number_at(o, "spec.replicas", &limited);
    int64_t ready = number_at(o, "status.readyReplicas", NULL);
    int64_t updated = number_at(o, "status.updatedReplicas", NULL);
    int64_t observed = number_at(o, "status.observedGeneration", NULL);
    const struct value *rolling = value_path(o, "spec.updateStrategy.rollingUpdate");
    int64_t partition = number_at(rolling, "partition", &partitioned);
    const char *next = value_text(value_path(o, "status.updateRevision"));
    const char *current = value_text(value_path(o, "status.currentRevision"));
    if (observed == 0 || number_at(o, "metadata.generation", NULL) > observed)
        return SAY(KUBE_ROLLOUT_WAITING, "Waiting for statefulset spec update to be observed...");
    if (limited && ready < wanted)
        return SAY(KUBE_ROLLOUT_WAITING, "Waiting for %" PRId64 " pods to be ready...",
                   wanted - ready);
    if (rolling && rolling->type == VALUE_OBJECT) {
        if (limited && partitioned && updated < wanted - partition)
            return SAY(KUBE_ROLLOUT_WAITING,
                       "Waiting for partitioned roll out to finish: %" PRId64 " out of %" PRId64
                       " new pods have been updated...",
                       updated, wanted - partition);
        return SAY(KUBE_ROLLOUT_DONE,
                   "partitioned roll out complete: %" PRId64 " new pods have been updated...",
                   updated);
    }
    if (strcmp(next, current) != 0)
        return SAY(KUBE_ROLLOUT_WAITING,
                   "waiting for statefulset rolling update to complete %" PRId64
                   " pods at revision %s...",
                   updated, next);
    return SAY(KUBE_ROLLOUT_DONE,
               "statefulset rolling update complete %" PRId64 " pods at revision %s...",
               number_at(o, "status.currentReplicas", NULL), current);
}

enum kube_rollout kube_rollout_status(const struct value *o, struct error *says)
{
    const char *kind = value_get_text(o, "kind");
    const char *name = value_text(value_path(o, "metadata.name"));
    const char *strategy = value_text(value_path(o, "spec.updateStrategy.type"));
    const struct value *deleted = value_path(o, "metadata.deletionTimestamp");
    bool deployment = strcmp(kind, "Deployment") == 0, daemonset = strcmp(kind, "DaemonSet") == 0;
    if (!deployment && !daemonset && strcmp(kind, "StatefulSet") != 0)
        return SAY(
            KUBE_ROLLOUT_FAILED,
            "a %s has no rollout to wait for: only a Deployment, DaemonSet or StatefulSet has",
            *kind ? kind : "value without a kind");
    if (deleted && deleted->type != VALUE_NULL)
        return SAY(KUBE_ROLLOUT_FAILED, "%s \"%s\" is being deleted", kind, name);
    if (deployment)
        return deployment_status(o, name, says);
    if (strcmp(strategy, "RollingUpdate") != 0)
        return SAY(KUBE_ROLLOUT_FAILED,
                   "rollout status is only available for RollingUpdate strategy type");
    return (daemonset ? daemonset_status : statefulset_status)(o, name, says);
}
