// dial: a TCP connection to a host: looked up, then tried at one address after the other.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/guard.h"

struct arena;
struct loop;
struct dial;

struct dialed {
    int fd;              // connected and non-blocking, the receiver's to close; -1 with `error` set
    const char *error;   // one sentence
    const char *code;    // base/code.h, with `error`
    char ip[64];         // the peer, or the last address that was tried
    double dns, connect; // seconds since the start, when each was done
};
typedef void dial_done(const struct dialed *, void *arg);

// Connects to a name or an address. All of it takes at most timeout_ms; of what is left when an
// address is tried, each that is still to be tried gets an equal share. `done` is called exactly
// once from the loop, never from inside this call, unless dial_cancel came first.
struct dial *dial_start(struct loop *, const char *host, int port, int64_t timeout_ms,
                        dial_done *done, void *arg);
// Has the guard asked about each address; to be called right after dial_start.
void dial_guard(struct dial *, const struct guard *);
// Closes the socket at once. For use before `done` only, with which it is gone; NULL does nothing.
void dial_cancel(struct dial *);

// Parts "host", "host:port", "[address]" and "[address]:port"; what has several colons outside
// brackets is an IPv6 address. Sets *port only where one is given. False when that is no port.
bool dial_target(struct arena *, const char *text, const char **host, int *port);
