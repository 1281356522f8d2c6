#include "cli/kept.h"

#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "prim/k8s_client.h"

static struct value *list_of(struct arena *a, const char *const *texts)
{
    struct value *v = value_array(a);
    for (; texts && *texts; texts++)
        value_push(a, v, value_string(a, *texts));
    return v;
}

static const char *const *texts_of(struct arena *a, const struct value *list)
{
    size_t count = value_count(list);
    const char **texts = arena_alloc(a, (count + 1) * sizeof(char *));
    for (size_t i = 0; i < count; i++)
        texts[i] = value_text(value_at(list, i));
    return count ? texts : NULL;
}

struct value *kept_options(const struct options *o, struct arena *a)
{
    struct value *v = value_object(a);
    value_set(a, v, "phases", list_of(a, o->run.phases));
    value_set(a, v, "from", value_string(a, o->run.from));
    value_set(a, v, "only", value_string(a, o->run.only));
    value_set(a, v, "kubeconfig", value_string(a, o->run.kubeconfig));
    value_set(a, v, "context", value_string(a, o->run.context));
    value_set(a, v, "cluster", value_string(a, k8s_cluster(&o->run, a)));
    value_set(a, v, "lease", value_string(a, o->run.lease));
    value_set(a, v, "values_file", value_string(a, o->values_file));
    value_set(a, v, "allow", list_of(a, o->run.allow));
    value_set(a, v, "deny", list_of(a, o->run.deny));
    if (o->approval) { // its sources are kept anyway, as any run's
        struct value *plan = value_copy(a, o->approval);
        value_remove(plan, "sources");
        value_set(a, v, "plan", plan);
    }
    return v;
}

// Links stay as they are: what they lead to may be replaced.
static void make_whole(struct arena *a, struct value *kept, const char *name, const char *path)
{
    char here[4096];
    if (path && *path != '/' && getcwd(here, sizeof here))
        path = arena_printf(a, "%s/%s", here, path);
    value_set(a, kept, name, value_string(a, path));
}

struct value *kept_here(const struct options *o, struct arena *a)
{
    struct value *v = kept_options(o, a);
    make_whole(a, v, "path", o->run.file);
    make_whole(a, v, "values_file", o->values_file);
    make_whole(a, v, "kubeconfig", o->run.kubeconfig);
    return v;
}

const char *kept_file(const char *file, const struct value *kept)
{
    struct arena a = {0};
    struct value *now = value_object(&a);
    const char *path = value_get_text(kept, "path");
    make_whole(&a, now, "path", file);
    bool same = *path == '\0' || strcmp(value_get_text(now, "path"), path) == 0;
    arena_free(&a);
    return same ? file : path;
}

static void take_text(const char **text, const struct value *kept, const char *name)
{
    const struct value *v = value_get(kept, name);
    if (*text == NULL && v && v->type == VALUE_STRING)
        *text = v->string.text;
}

void kept_take(struct options *o, const struct value *kept)
{
    take_text(&o->run.from, kept, "from");
    take_text(&o->run.only, kept, "only");
    if (o->run.kubeconfig == NULL && o->run.context == NULL)
        take_text(&o->run.cluster, kept, "cluster");
    take_text(&o->run.kubeconfig, kept, "kubeconfig");
    take_text(&o->run.context, kept, "context");
    take_text(&o->run.lease, kept, "lease");
    o->values_kept = o->values_file == NULL;
    take_text(&o->values_file, kept, "values_file");
    if (o->run.phases == NULL)
        o->run.phases = texts_of(&o->arena, value_get(kept, "phases"));
    if (o->run.allow == NULL)
        o->run.allow = texts_of(&o->arena, value_get(kept, "allow"));
    if (o->run.deny == NULL)
        o->run.deny = texts_of(&o->arena, value_get(kept, "deny"));
    if (o->approval == NULL)
        o->approval = value_get(kept, "plan");
}
