#include "kube/client.h"

#include <stdlib.h>

#include "kube/parts.h"

struct kube *kube_open(struct loop *loop, struct fetcher *fetcher, struct kube_config *config)
{
    struct kube *k = mem_alloc(sizeof *k);
    *k = (struct kube){.loop = loop, .config = config};
    k->credentials = kube_credentials_new(loop, config);
    k->wire = kube_wire_new(loop, fetcher, config, k->credentials, &k->warnings);
    k->resolver = kube_resolver_new(loop, k->wire, config);
    return k;
}

void kube_close(struct kube *k)
{
    if (k == NULL)
        return;
    kube_calls_cancel(k);
    kube_resolver_free(k->resolver);
    kube_wire_free(k->wire);
    kube_credentials_free(k->credentials);
    kube_config_free(k->config);
    kube_warnings_free(&k->warnings);
    free(k);
}

void kube_on_warning(struct kube *k, kube_warned *told, void *arg)
{
    k->warnings.told = told;
    k->warnings.arg = arg;
}

const struct kube_config *kube_config_of(const struct kube *k)
{
    return k->config;
}
