// markdown: a run as Markdown (CommonMark with tables), to be put into a change ticket.
#pragma once

#include "base/buf.h"
#include "base/value.h"

void markdown_render(const struct value *story, struct buf *out); // story: of story_finish
