// prims: the nouns that a runbook finds without `require`, one file each.
#pragma once

#include <lua.h>

#include "engine/state.h"
#include "prim/arg.h"

// Each pushes the noun's table of functions.
int prim_wait(lua_State *L);
int prim_ask(lua_State *L);
int prim_http(lua_State *L);
int prim_k8s(lua_State *L);
int prim_tls(lua_State *L);
int prim_dns(lua_State *L);
int prim_metrics(lua_State *L);
int prim_exec(lua_State *L);
int prim_json(lua_State *L);
int prim_yaml(lua_State *L);
int prim_crypto(lua_State *L);
// The options that the primitives take, by their names and as words.fields wants them.
int prim_options(lua_State *L);
// What `require` opens by these names in place of a file.
int prim_cjson(lua_State *L);

// The options of http.request.
extern const struct args http_args;

// All of them; ends with a NULL name.
extern const struct primitive prims[];
