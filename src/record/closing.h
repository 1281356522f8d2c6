// closing: the end of a run or a plan on the screen.
#pragma once

#include "base/value.h"
#include "record/screen.h"

// `data`: of EVENT_RUN_ENDED. A plan says that nothing was changed, whatever came of it.
void closing_print(struct screen *s, const struct value *data, bool planned);
