// fetch_intake: what comes in during a hop: status, headers and body of an answer, of which it is
// decided once, before the first byte of the body goes anywhere, what becomes of it.
#pragma once

#include <curl/curl.h>

#include "net/fetch_ask.h"
#include "net/fetch_sink.h"

enum fate { FATE_OPEN, FATE_FINAL, FATE_AGAIN, FATE_REDIRECT };

struct intake {
    const struct ask *ask;
    CURL *easy;  // of the hop
    int attempt; // which one of the request it belongs to
    int status;
    struct buf headers;
    struct sink sink;
    enum fate fate;
    bool located;   // the headers say where else to go
    bool cancelled; // no more is wanted
};

// For all hops of a request. False with sink.error set.
bool intake_open(struct intake *, struct arena *, const struct ask *);
// Forgets what came, and lets the handle tell what comes next. False when curl refuses.
bool intake_begin(struct intake *, CURL *easy, int attempt);
// The hop has ended with that status: decides, where no body came, what becomes of the answer.
void intake_decide(struct intake *, int status);
void intake_close(struct intake *);
