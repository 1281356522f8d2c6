// resolve: looks a host name up without holding the loop: the system's own getaddrinfo (and so its
// hosts file, its DNS and whatever else it asks) in a thread of its own, a few at a time. Where
// that does not know "localhost", it is loopback all the same.
#pragma once

#include <netdb.h>

struct loop;
struct resolve;

// `found` holds addresses for stream sockets, in the order to try them, and is the receiver's to
// free with freeaddrinfo; or it is NULL, and `error` says why, as in "Name or service not known".
typedef void resolve_done(struct addrinfo *found, const char *error, void *arg);

// Looks up a name or an address. `done` is called exactly once from the loop, never from inside
// this call, unless resolve_cancel came first.
struct resolve *resolve_start(struct loop *, const char *host, int port, resolve_done *done,
                              void *arg);
// For use before `done` only, with which it is gone; NULL does nothing.
void resolve_cancel(struct resolve *);
