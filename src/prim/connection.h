// connection: the options that every primitive over HTTP shares, from Lua into a fetch request.
#pragma once

#include <lua.h>

#include "engine/effect.h"
#include "net/fetch.h"
#include "prim/arg.h"

// The rows of the options, for a table to go on with.
extern const struct args connection_args;

// Checks and normalises the shared options of e->args: durations become "timeout_ms" and so on, so
// that an effect's arguments are the same however they were written. Raises a usage failure.
void connection_read(lua_State *L, struct effect *e);
// Adds what a request to the URL needs where the arguments lead it to another address: at the port
// where it will really be.
void connection_needs(struct effect *e, const char *url);
// Adds the need of an address to connect to, at `port` where it names none.
void connection_need(struct effect *e, const char *address, int port);
// Fills a request from arguments that connection_read has normalised. The strings live in e->arena.
void connection_fill(struct effect *e, struct fetch_request *request);
// The part of a URL that names the system: "https://host:port".
const char *connection_system(struct effect *e, const char *url);
