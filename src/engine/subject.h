// subject: a need in the one form in which rules look at it, so that no other way of writing an
// address, a host or a path gets around them.
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "engine/need.h"
#include "engine/object_type.h"

enum { SUBJECT_READINGS = 4 };

struct subject {
    const struct need *need;
    const char *scheme; // of a URL: "http" or "https"; else NULL
    const char *host;   // of a URL or endpoint, lower case, an address in its plain form; else NULL
    bool address;       // the host is an IP address
    int port;           // 0: none is said
    const char *path;   // of a URL, as it stands
    // Of a URL: how its path may be read, with its percent-escapes undone once and more often,
    // without dot segments. Of a file: its real place. Of a program: where it stands, and with
    // links followed. Else empty.
    const char *paths[SUBJECT_READINGS];
    int readings;
    bool loose; // of a program: its name is looked for in the folder where one happens to be
    const struct object_type *type; // of a Kubernetes object
    const char *name;               // of the same; NULL: all of the type
};

// Reads the need. False with `err` set when it cannot be told what it means.
bool subject_read(struct arena *, const struct need *, struct subject *, struct error *err);
// A text with its percent-escapes undone once.
const char *subject_unescape(struct arena *, const char *text);
// The place of a file, absolute and with links followed as far as it exists.
const char *subject_file(struct arena *, const char *path);
// The same with the links of its folder followed, and not that which it may be itself.
const char *subject_place(struct arena *, const char *path);
// A host as subjects have it. Sets *address when it is one.
const char *subject_host(struct arena *, const char *host, bool *address);
// Parts "host", "host:port", "[address]:port"; *port is 0 without one, -1 for "*". False when it is
// none of these.
bool subject_endpoint(struct arena *, const char *text, const char **host, int *port);
