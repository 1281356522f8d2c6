#include "prim/k8s_client.h"

#include "engine/run.h"
#include "kube/client.h"

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
    value_set(&a, data, "text", value_printf(&a, "Kubernetes warns: %s", text));
    run_tell(run, EVENT_LOG, data);
    arena_free(&a);
}

struct kube *k8s_client(struct run *run, struct error *err)
{
    if (run->kube)
        return run->kube;
    struct kube_config_options options = {.path = run->options->kubeconfig,
                                          .context = run->options->context,
                                          .no_input = run->options->no_input,
                                          .stand_in = run->options->offline};
    struct kube_config *config = kube_config_load(&options, err);
    if (config == NULL)
        return NULL;
    run->kube = kube_open(run->loop, run->fetcher, config);
    run->kube_free = close_client;
    kube_on_warning(run->kube, tell_warning, run);
    return run->kube;
}
