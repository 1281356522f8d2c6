// http_wire: an effect's request as it is sent.
#pragma once

#include "engine/effect.h"
#include "net/fetch.h"

// The request that the arguments of the effect describe. Its strings live in e->arena.
struct fetch_request http_wire(struct effect *e);
