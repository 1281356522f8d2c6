// detail: the lines that stand under a step, in the live view and in the plan alike.
#pragma once

#include "base/value.h"
#include "record/screen.h"

// Where these lines begin. `data` is that of the event of the same name.
enum { DETAIL_INDENT = 6 };

void detail_diff(struct screen *s, int indent, const struct value *diff);
// What was done, its answer, its change, and its error unless that was `told` before.
void detail_effect(struct screen *s, const struct value *data, bool told);
void detail_check(struct screen *s, const struct value *data);
void detail_log(struct screen *s, const struct value *data);
void detail_error(struct screen *s,
                  const struct value *error); // { text, where, detail, traceback }
void detail_question(struct screen *s, const struct value *data);
void detail_answer(struct screen *s, const struct value *data);

// Gates, with their figures and limits one below the other.
void detail_gates(struct screen *s, struct value *const *gates, size_t count);
