#include "prim/k8s_args.h"

const struct args k8s_args = {
    NULL,
    {
        {"namespace", ARG_TEXT, "default: the object's, else the kubeconfig's"},
        {"timeout", ARG_TIME, "of the whole call (default 30s)"},
        {"verb", ARG_TEXT, NULL},
        {"what", ARG_TEXT, NULL},
        {"also", ARG_TEXT, NULL}, // another verb that has to be permitted
    }};

const struct args k8s_get_args = {
    &k8s_args,
    {
        {"subresource", ARG_TEXT, "\"status\" or \"scale\": that part of it"},
        {"optional", ARG_FLAG, NULL},
    }};

const struct args k8s_list_args = {
    &k8s_args,
    {
        {"selector", ARG_TEXT, "those with these labels: \"app=x\""},
        {"field_selector", ARG_TEXT, "those with these fields: \"status.phase=Running\""},
        {"all_namespaces", ARG_FLAG, "true: those of all namespaces"},
    }};

const struct args k8s_watch_args = {
    &k8s_list_args,
    {
        {"from", ARG_TEXT, NULL},    // where the watch before has ended
        {"for", ARG_TEXT, NULL},     // what is waited for, to people
        {"state", ARG_TEXT, NULL},   // what was last seen, to people
        {"elapsed", ARG_TIME, NULL}, // of the whole wait
    }};

const struct args k8s_logs_args = {
    &k8s_args,
    {
        {"query", ARG_TABLE, NULL},
        {"max_bytes", ARG_SIZE, NULL},
        {"seen", ARG_TEXT, NULL}, // the time of the last line that was told
    }};

const struct args k8s_review_args = {
    &k8s_args,
    {
        {"all_namespaces", ARG_FLAG, "true: in all namespaces"},
        {"subresource", ARG_TEXT, "that part of it: \"status\", \"log\""},
        {"asked", ARG_TEXT, NULL}, // the verb
    }};

const struct args k8s_write_args = {
    &k8s_args,
    {
        {"subresource", ARG_TEXT, "\"status\" or \"scale\": that part of it"},
        {"manager", ARG_TEXT, "the field manager (default \"runbook\")"},
        {"if_uid", ARG_TEXT, "refused unless the object still has this uid"},
        {"if_resource_version", ARG_TEXT, "refused unless the object still has this version"},
        {"probe", ARG_FUNCTION,
         "looks whether a write in doubt was made, as with http.request; patches that say what is "
         "to be need none"},
    }};

const struct args k8s_create_args = {&k8s_write_args,
                                     {
                                         {"object", ARG_TABLE, NULL},
                                     }};

const struct args k8s_patch_args = {
    &k8s_write_args,
    {
        {"merge", ARG_TABLE, "a JSON merge patch (RFC 7386)"},
        {"json", ARG_LIST, "a JSON patch (RFC 6902): a list of operations"},
        {"strategic", ARG_TABLE, "a strategic merge patch, which custom resources do not take"},
        {"before", ARG_TABLE, NULL}, // the object as it was read
        {"after", ARG_TABLE, NULL},  // and as it is to be
    }};

const struct args k8s_apply_args = {
    &k8s_write_args,
    {
        {"force", ARG_FLAG, "true: take over the fields that another manager owns"},
        {"object", ARG_TABLE, NULL},
    }};

const struct args k8s_delete_args = {
    &k8s_write_args,
    {
        {"propagation", ARG_TEXT, "\"Background\" (the default), \"Foreground\" or \"Orphan\""},
    }};
