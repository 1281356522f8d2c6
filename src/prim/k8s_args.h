// k8s_args: the options of each verb of k8s.call, and so of the functions that stand on it.
#pragma once

#include "prim/arg.h"

extern const struct args k8s_args, // of every verb
    k8s_get_args, k8s_list_args, k8s_watch_args, k8s_logs_args, k8s_review_args,
    k8s_write_args, // of every verb that writes
    k8s_create_args, k8s_patch_args, k8s_apply_args, k8s_delete_args;
