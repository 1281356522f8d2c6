// html_detail: what stands under a step, as HTML. Each appends nothing when there is nothing to
// show.
#pragma once

#include "base/buf.h"
#include "base/value.h"

void html_changes(struct buf *out, const struct value *step); // writes, with what they changed
void html_others(struct buf *out, const struct value *step);  // all other effects, folded
void html_missed(struct buf *out, const struct value *step);  // checks that do not hold, or not yet
void html_held(struct buf *out, const struct value *step);    // checks that hold, folded
void html_gates(struct buf *out, const struct value *step);
void html_logs(struct buf *out, const struct value *logs); // the list itself
void html_tables(struct buf *out, const struct value *step);
void html_answers(struct buf *out, const struct value *step);

// Appends `open`, the member made safe, and `close`; nothing when there is no such text.
void html_text(struct buf *out, const char *open, const struct value *item, const char *key,
               const char *close);
// Appends how sure a plan is of an effect or a gate.
void html_sure(struct buf *out, const struct value *item);
// Is what a check or gate says the error with which its step failed?
bool html_is_error(const struct value *step, const struct value *told);
