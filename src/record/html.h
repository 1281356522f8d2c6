// html: a run as one page that needs nothing else: no scripts, nothing loaded, light and dark, for
// screens small and large and for paper.
#pragma once

#include "base/buf.h"
#include "base/value.h"

void html_render(const struct value *story, struct buf *out); // story: of story_finish
