// effect_told: what the listeners are told of an effect.
#pragma once

#include "engine/effect.h"
#include "engine/event.h"

// Tells that the effect begins or has come to its end; see event.h for the data.
void effect_tell(struct effect *, enum event_type);
