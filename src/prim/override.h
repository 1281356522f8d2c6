// override: what asks for another method than the request's own: the header X-HTTP-Method-Override
// and its kin, and a field `_method` in whatever coat, as Rails, Laravel and Symfony take it. Who
// knows them acts on what they say, so they count as much as the method.
#pragma once

#include "engine/effect.h"

// The methods that the headers of e->args, the query of the URL and the body ask for, in capitals.
// A body that is packed, or in a charset in which it cannot be read here, may ask for any:
// NEED_ANY.
struct value *override_methods(struct effect *e, const char *url);
