// options: what the primitives take, for the functions of the library that stand on them.
#include "prim/connection.h"
#include "prim/k8s_args.h"
#include "prim/prims.h"

static const struct {
    const char *name;
    const struct args *table;
} tables[] = {
    {"http.request", &http_args},     {"connection", &connection_args},

    {"k8s.call", &k8s_args},          {"k8s.write", &k8s_write_args},
    {"k8s.get", &k8s_get_args},       {"k8s.list", &k8s_list_args},
    {"k8s.watch", &k8s_watch_args},   {"k8s.review", &k8s_review_args},
    {"k8s.create", &k8s_create_args}, {"k8s.patch", &k8s_patch_args},
    {"k8s.logs", &k8s_logs_args},     {"k8s.apply", &k8s_apply_args},
    {"k8s.delete", &k8s_delete_args},
};

int prim_options(lua_State *L)
{
    lua_newtable(L);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        arg_push(L, tables[i].table);
        lua_setfield(L, -2, tables[i].name);
    }
    return 1;
}
