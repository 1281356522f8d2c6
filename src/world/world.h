// world: a pretend world that one Lua file describes: its state, its clock, the answers of its
// services. Knows nothing of sockets: whoever serves it (host.h) hands it requests as plain values.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/value.h"

struct world;

// Runs the file and checks the table it returns. NULL with `err` set when it does not load.
struct world *world_load(const char *file, struct error *err);
void world_free(struct world *);

const char *world_name(const struct world *);
// The command that the file suggests to try next, with {dir} where its folder stands; NULL: none.
const char *world_hint(const struct world *);

// A service of the world, as the file's `listen` declares it.
struct world_service {
    const char *name;
    int port; // 0: any
    bool tls;
    const char *names;                 // for the certificate, parted by commas
    int64_t not_before_s, not_after_s; // its validity, in seconds from now
};
// Gives all of them, sorted by name; returns how many.
size_t world_services(const struct world *, const struct world_service **services);

// The way into life, in this order: faults (fault.h), certificates, place for each service, start.
// Asks the file how long the services' certificates are valid, which may depend on the faults.
bool world_certificates(struct world *, struct error *err);
// Tells the world where a service is reached and with which certificate (NULL: plain HTTP): w.urls,
// w.ports, w.certificates (PEM text).
bool world_place(struct world *, const char *service, int port, const char *url,
                 const char *cert_pem, struct error *err);
bool world_start(struct world *, const char *ca_pem, const char *dir, struct error *err);

// Lets time pass: to be called every 100 ms.
bool world_tick(struct world *, struct error *err);
// { file name: text } of what the world wants in its folder.
struct value *world_files(struct world *, struct arena *, struct error *err);
// What lasts of its state.
struct value *world_snapshot(struct world *, struct arena *, struct error *err);
