// words: figures as people read them.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/value.h"

enum { WORDS_SIZE = 64 };

// "1 write", "3 writes"; returns out.
char *words_count(int64_t n, const char *noun, char out[WORDS_SIZE]);

// A number that tells how much there is of something; -1 when it is none.
double words_number(const struct value *v);

// Seconds as a length of time ("3.2s", "15m"); "" when negative or no number. They return out.
char *words_length(double seconds, char out[WORDS_SIZE]);
char *words_seconds(const struct value *seconds, char out[WORDS_SIZE]);

// "2026-11-22T14:22:33.123Z" (RFC 3339) of milliseconds since 1970; returns out.
char *words_instant(int64_t ms, char out[WORDS_SIZE]);

// Appends a value as one side of a change: a text as it is, what is not there as "(none)", anything
// else as JSON.
void words_value(struct buf *out, const struct value *v);

// Appends the counts of a run that are not 0, from `counts` of EVENT_RUN_ENDED:
// "23 steps, 112 checks, 140 reads, 7 writes". Returns false when there were none.
bool words_counts(struct buf *out, const struct value *counts);

// Appends how sure a plan is of an effect, from the data of EVENT_EFFECT_ENDED: "assumed: as
// declared", "read live, before the change". Nothing outside of a plan.
void words_sure(struct buf *out, const struct value *effect);

// What stands above the changes that a run has left, from `not_undone` of EVENT_RUN_ENDED: "These
// changes stand", or may.
const char *words_stand(const struct value *rows);

// How a check of a plan stands, from the data of EVENT_CHECK.
const char *words_check(const struct value *check);

// Appends what a gate gives in a plan, and how sure that is: "read live: 0.1 %".
void words_gate(struct buf *out, const struct value *gate);
