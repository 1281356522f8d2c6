// guard: who is asked before a connection is made and before a redirect is followed. All zero:
// nobody.
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

#include "base/error.h"

struct guard {
    // May a request go on to where a redirect leads? False with `err` set when not.
    bool (*follow)(void *arg, const char *method, const char *url, struct error *err);
    // May this address be talked to? Asked before each connection, and before a request goes over
    // one that stands already. False with `err` set when not.
    bool (*reach)(void *arg, const struct sockaddr *, struct error *err);
    void *arg;
};
