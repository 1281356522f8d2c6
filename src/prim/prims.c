#include "prim/prims.h"

#include <stddef.h>

const struct primitive prims[] = {
    {"wait", prim_wait},       {"ask", prim_ask},   {"http", prim_http},
    {"k8s", prim_k8s},         {"tls", prim_tls},   {"metrics", prim_metrics},
    {"exec", prim_exec},       {"json", prim_json}, {"yaml", prim_yaml},
    {"crypto", prim_crypto},   {"dns", prim_dns},   {"modules", prim_cjson},
    {"options", prim_options}, {NULL, NULL},
};
