// outlook: the short form of a plan: what it would change, in which order, and what becomes of that
// if a phase fails. Every way of showing a plan renders this one value.
#pragma once

#include "base/buf.h"
#include "base/value.h"

struct screen;

// How sure it is that a change is made whose author declares that it is refused.
#define OUTLOOK_REFUSED "refused, as declared"

// Makes the outlook of a story (story.h) whose run is a plan, in the arena:
// { open (true: it came to no end, and there may be more), changes: [ { phase, step, summary, sure,
// refused (its author declares so) } ],
//   if_it_fails: [ { phase, then, undo [ text ] in order, earlier,
//                    stays [ { steps [ name ], step (their names in one text), text, lasting } ] }
//                    ] }
// `then` says in words how the run goes on. What stands is listed at the first phase that leaves
// it; `earlier` says that something listed before still stands, too.
struct value *outlook_of(struct arena *, const struct value *story);

void outlook_print(struct screen *, const struct value *outlook);
void outlook_markdown(struct buf *out, const struct value *outlook);
void outlook_html(struct buf *out, const struct value *outlook);
