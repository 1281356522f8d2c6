// html_step: one step or undo of a run as HTML.
#pragma once

#include "base/buf.h"
#include "base/value.h"

// The class that colours something by its outcome, and the mark that shows it.
const char *html_class(const struct value *item);
const char *html_mark(const struct value *item);

// `run_seconds`: how long the whole run took, for the step's place in it; 0 when not known.
void html_step(struct buf *out, const struct value *step, double run_seconds);
