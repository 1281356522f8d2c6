// grid: a table on the screen.
#pragma once

#include "base/value.h"
#include "record/screen.h"

// Prints the data of EVENT_TABLE. Columns of nothing but figures are aligned to the right; on a
// terminal, wide columns are clipped until a row fits.
void grid_print(struct screen *s, int indent, const struct value *data);
