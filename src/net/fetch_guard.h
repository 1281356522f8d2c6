// fetch_guard: puts the question of a guard to where curl connects.
#pragma once

#include <curl/curl.h>

#include "net/guard.h"

struct gate {
    struct guard guard;
    struct error refusal; // what the guard said, since gate_set; empty text: nothing
};

// Has the guard asked about each connection that the handle makes or uses again.
bool gate_set(CURL *, struct gate *);
