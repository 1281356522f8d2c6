// dns: one question to a DNS server: over UDP, and over TCP when the answer does not fit.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/value.h"

struct loop;
struct dns;

struct dns_request {
    const char *name;   // a domain name; it is asked for as it stands, without search lists
    const char *type;   // one of those in dns_message.h
    const char *server; // "address" or "address:port", or several of these parted by blanks or
                        // commas; NULL: those of /etc/resolv.conf
    bool no_recursion;  // only what the server itself knows
    bool tcp;           // over TCP from the start
    int64_t timeout_ms; // for everything; default 5 s
};

// `found` (in the caller's arena) is what dns_answer_read says of the answer and
//   server  "address:port" that gave it
//   over    "udp" or "tcp"
// also for a name that is not there (NXDOMAIN) and for a server that fails (SERVFAIL) or refuses.
// Or it is NULL, and `error` says in one sentence what was tried: nobody answered.
typedef void dns_done(struct value *found, const char *error, void *arg);

// Asks one server after the other, each twice at most; one that fails or refuses is an answer only
// when no other has a better one.
// `done` is called exactly once from the loop, never from inside this call, unless dns_cancel came
// first. The arena must outlive it.
struct dns *dns_start(struct loop *, struct arena *, const struct dns_request *, dns_done *done,
                      void *arg);
// For use before `done` only, with which it is gone; NULL does nothing.
void dns_cancel(struct dns *);
