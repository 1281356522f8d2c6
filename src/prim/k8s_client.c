#include "prim/k8s_client.h"

#include "engine/run.h"
#include "kube/client.h"

static void close_client(void *client)
{
    kube_close(client);
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
    return run->kube;
}
