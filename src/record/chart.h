// chart: small inline SVG pictures of figures against their limits.
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/value.h"

// The first number in a text and its unit: "below 2.5 %" is 2.5 and "%". Lengths of time become
// seconds, "s". False when there is none.
bool chart_number(const char *text, double *number, char unit[8]);

// Appends a picture of a figure of a story: its course when it has several points, else a bar of
// `value` against `limit` (texts). Appends nothing when they are no numbers of one unit. `figure`
// may be NULL.
void chart_figure(struct buf *out, const struct value *figure, const char *value, const char *limit,
                  bool ok);
