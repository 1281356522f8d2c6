#include "prim/k8s_client.h"

#include <string.h>

#include "engine/credential.h"
#include "engine/quote.h"
#include "engine/run.h"
#include "kube/client.h"

enum { LONGEST_WARNING = 1000 };

static void close_client(void *client)
{
    kube_close(client);
}

// Outside of the phases it is the run's lease that is taken or given back, and nobody listens.
static void tell_warning(const char *text, void *arg)
{
    struct run *run = arg;
    if (run->phase == NULL)
        return;
    struct arena a = {0};
    struct value *data = value_object(&a);
    value_set(&a, data, "level", value_string(&a, "warn"));
    value_set(&a, data, "text",
              value_printf(&a, "Kubernetes warns: %s",
                           quote(run, &a, text, strlen(text), CLIP_TEXT, LONGEST_WARNING)));
    run_tell(run, EVENT_LOG, data);
    arena_free(&a);
}

static struct kube_config *config_load(const struct run_options *o, struct error *err)
{
    struct kube_config_options options = {.path = o->kubeconfig,
                                          .context = o->context,
                                          .no_input = o->no_input,
                                          .stand_in = o->offline};
    return kube_config_load(&options, err);
}

static const char *place_of(const struct kube_config *c, struct arena *a)
{
    return arena_printf(a, "namespace %s of %s", c->namespace, c->server);
}

const char *k8s_cluster(const struct run_options *o, struct arena *a)
{
    struct kube_config *config = o->offline ? NULL : config_load(o, NULL);
    const char *place = config ? place_of(config, a) : NULL;
    kube_config_free(config);
    return place;
}

// Somebody may have switched contexts since the run began: nothing may be done, or taken back, in
// another cluster.
static bool leads_there(struct run *run, const struct kube_config *c, struct error *err)
{
    const char *wanted = run->options->cluster, *place = place_of(c, &run->arena);
    return wanted == NULL || run->options->offline || strcmp(wanted, place) == 0 ||
           error_set(err,
                     "it began with %s, and %s leads to %s: switch back, or name the one to go on "
                     "with by --context",
                     wanted, c->where, place);
}

struct kube *k8s_client(struct run *run, struct error *err)
{
    if (run->kube)
        return run->kube;
    struct kube_config *config = config_load(run->options, err);
    if (config == NULL || !leads_there(run, config, err)) {
        kube_config_free(config);
        return NULL;
    }
    credential_of_url(run, config->proxy);
    run->kube = kube_open(run->loop, run->fetcher, config);
    run->kube_free = close_client;
    kube_on_warning(run->kube, tell_warning, run);
    return run->kube;
}
