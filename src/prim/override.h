// override: what asks for another method than the request's own: the header X-HTTP-Method-Override
// and its kin, and a field `_method`, as Rails, Laravel and Symfony take it. Who knows them acts on
// what they say, so they count as much as the method.
#pragma once

#include "engine/effect.h"

// The methods that the headers of e->args, the query of its URL and its body ask for, in capitals.
const struct value *override_methods(struct effect *e);
