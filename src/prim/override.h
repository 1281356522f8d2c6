// override: headers by which a request asks for another method than its own: X-HTTP-Method-Override
// and its kin. Who knows them acts on what they say, so they count as much as the method.
#pragma once

#include <stddef.h>

#include "engine/effect.h"

// The n-th such method among the headers of e->args, from 0, in capitals; NULL: there are no more.
const char *override_at(struct effect *e, size_t n);
