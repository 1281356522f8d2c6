// Plans: reads of lists and scales, brought up to what the plan has made of single objects.
#include <string.h>

#include "kube/selector.h"
#include "prim/k8s_work.h"

// Where an object of the plan stands: "SERVER NAMESPACE/TYPE/NAME".
struct place {
    const char *namespace, *type, *name;
};

static bool place_read(struct arena *a, const char *target, struct place *place)
{
    char *text = arena_dup(a, strchr(target, ' ') ? strchr(target, ' ') + 1 : target);
    char *type = strchr(text, '/'), *name = type ? strchr(type + 1, '/') : NULL;
    if (name == NULL || strchr(name + 1, '/'))
        return false;
    *type = *name = '\0';
    *place = (struct place){text, type + 1, name + 1};
    return true;
}

static bool is_at(const struct value *object, const struct place *place)
{
    const struct value *metadata = value_get(object, "metadata");
    const char *namespace = value_get_text(metadata, "namespace");
    return strcmp(value_get_text(metadata, "name"), place->name) == 0 &&
           (*namespace == '\0' || strcmp(namespace, place->namespace) == 0);
}

bool k8s_amend_list(struct effect *e, const char *target, const struct value *object)
{
    struct arena *a = &e->arena;
    struct place list, place;
    if (e->target == NULL || !place_read(a, e->target, &list) || !place_read(a, target, &place) ||
        strcmp(list.type, place.type) != 0)
        return false;
    bool everywhere = value_get_bool(e->args, "all_namespaces", false);
    if (!everywhere && strcmp(list.namespace, place.namespace) != 0)
        return false;
    bool gone = object->type == VALUE_NULL;
    enum kube_selected chosen =
        gone ? KUBE_SELECTED_NO : kube_selector_match(k8s_text(e, "selector"), object);
    if (chosen == KUBE_SELECTED_UNSURE || (!gone && k8s_text(e, "field_selector")))
        return false;
    struct value *old = value_get(e->result, "items"), *items = value_array(a);
    bool put = chosen == KUBE_SELECTED_NO;
    for (size_t i = 0; i < value_count(old); i++) {
        bool same = is_at(value_at(old, i), &place);
        if (!same || !put)
            value_push(a, items, same ? value_copy(a, object) : value_at(old, i));
        put = put || same;
    }
    if (!put)
        value_push(a, items, value_copy(a, object));
    value_set(a, e->result, "items", items);
    return true;
}

bool k8s_amend_scale(struct effect *e, const char *target, const struct value *object)
{
    struct arena *a = &e->arena;
    const struct value *replicas = value_path(object, "spec.replicas");
    size_t len = strlen(target);
    if (e->target == NULL || strncmp(e->target, target, len) != 0 ||
        strcmp(e->target + len, "/scale") != 0 || replicas == NULL)
        return false;
    struct value *spec = value_get(e->result, "spec");
    if (spec == NULL)
        value_set(a, e->result, "spec", spec = value_object(a));
    value_set(a, spec, "replicas", value_copy(a, replicas));
    return true;
}
