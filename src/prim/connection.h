// connection: the options that every primitive over HTTP shares, from Lua into a fetch request.
#pragma once

#include <lua.h>

#include "engine/effect.h"
#include "net/fetch.h"

// The names of the options, parted by spaces, for args_read.
#define CONNECTION_OPTIONS                                                                         \
    "timeout connect_timeout retries retry_wait verify ca cert key proxy resolve headers"

// Checks and normalises the shared options of e->args: durations become "timeout_ms" and so on, so
// that an effect's arguments are the same however they were written. Raises a usage failure.
//   timeout          of one attempt, everything included (default 30s)
//   connect_timeout  (default 10s)
//   retries          how many more attempts after a connection error, 429, 502, 503 or 504
//                    (default 0); a POST or PATCH only when it is repeatable
//   retry_wait       before the first of them, doubled each time (default 500ms); Retry-After wins
//   verify           false: do not verify the server's certificate
//   ca, cert, key    a file, or PEM text
//   proxy            its URL, "" for none (default: the environment's)
//   resolve          "address" or "address:port" to connect to, whatever the URL says
//   headers          { Name = "value" }; where a request ends and how its connection is used is the
//                    client's to say: no Content-Length, Transfer-Encoding, Connection, Upgrade,
//                    TE, Trailer, Keep-Alive, Proxy-* or Expect. One by which a server may see
//                    another host, path or method (Host, X-Forwarded-Host, X-Original-URL) has to
//                    be permitted as the request that it makes of it
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
