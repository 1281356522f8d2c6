// host: serves a world over loopback sockets: one listener a service, and one more, `control`, over
// plain HTTP, through which a test looks at the world and changes its faults:
//   GET /requests  every request so far, one JSON object a line: n, at (seconds since 1970),
//                  service, method, target, status (0: closed without an answer), write (it asked
//                  for a change), key (its Idempotency-Key, or null), digest (SHA-256 of its body)
//   GET /state     the world's snapshot as canonical JSON
//   GET /faults    [ { name, help, weight } ]
//   POST /faults   { name, weight: number | true | false }
//   POST /kill     { pid, at: K, when: "before" | "after", writes: bool, services: [ name ] }:
//                  kills that process (SIGKILL) at the K-th request from now on that counts: all,
//                  or only those that ask for a change, or only those to the named services. Before
//                  it is handled, and then it never is; or after, and then it is not answered. As
//                  application/json, which no web page may send here.
#pragma once

#include "base/error.h"

struct loop;
struct world;
struct host;

// Opens the listeners, places and starts the world. `dir` exists; the requests are also written to
// dir/requests.ndjson. NULL with `err` set.
struct host *host_start(struct loop *, struct world *, const char *dir, struct error *err);
// Where a service is reached, "control" among them: "https://127.0.0.1:PORT"; NULL: no such
// service.
const char *host_url(const struct host *, const char *service);
const char *host_ca(const struct host *); // PEM text of all CAs; "" when nothing is served over TLS
void host_stop(struct host *);
