// fetch_pool: curl's multi handle on the loop, and the easy handles that wait for their next use.
#pragma once

#include <stdbool.h>

#include <curl/curl.h>

#include "net/fetch.h"

struct fetcher {
    struct loop *loop;
    struct fetch *first; // all that are under way
    CURLM *multi;        // NULL until the first transfer
    CURLSH *share;
    struct event *alarm;
    CURL *idle[64];
    int idle_count;
    fetch_pretend *pretend; // answers instead of the network; NULL: nothing does
    void *pretend_arg;
    bool inside; // curl is at work on the stack below: it must not be entered again
};

// A cleared handle; NULL when curl cannot start, with `err` set where that says why.
CURL *pool_take(struct fetcher *, struct error *err);
// Sets the transfer going. Its end is told to fetch_ended.
bool pool_run(struct fetcher *, CURL *, struct fetch *owner);
// Takes the handle back, ending its transfer if that still runs. Not while `inside`.
void pool_give(struct fetcher *, CURL *);

// Called from the loop, with curl not on the stack, when a transfer has ended by itself.
void fetch_ended(struct fetch *, CURLcode);
