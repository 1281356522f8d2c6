// parts: what a client is made of, for the files that do its work.
#pragma once

#include "kube/client.h"
#include "kube/credentials.h"
#include "kube/resolver.h"
#include "kube/warning.h"
#include "kube/wire.h"

struct kube {
    struct loop *loop;
    struct kube_config *config;
    struct kube_credentials *credentials;
    struct kube_wire *wire;
    struct kube_resolver *resolver;
    struct kube_call *calls; // under way
    struct kube_warnings warnings;
};

void kube_calls_cancel(struct kube *); // all that are under way
