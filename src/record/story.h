// story: a whole run as one value, collected from its events; every report is rendered from it.
//
// { runbook: version of this program,
//   run: { data of run.started, started, ended }, end: { data of run.ended },
//   phases: [ { name, outcome, on_failure, started, seconds, steps: [ STEP ] } ],
//   rollback: null | { cause, steps, started, undos: [ STEP ], outcome, undone, failed },
//   logs: [ said outside of any step ], outlook: of a plan, see outlook.h }
// STEP: { name, outcome, begins, started, where, ...data of step.ended,
//   retries: [ data of step.ended before another attempt ],
//   effects: [ data of effect.ended ], effects_left_out: reads beyond STORY_MOST_EFFECTS,
//   checks, logs, tables, answers: [ data of the event ],
//   gates: [ the last word of each gate, times: how often it was judged ],
//   figures: [ { name, limit, points: [ { seconds, value, ok } ] } ] }
//
// `begins` and `seconds` of a point count from the start of the run and of the step. What an event
// told has `at`. Times are RFC 3339 in UTC. A phase or step that was never reached has the outcome
// "not run"; one that was under way when the events stopped has "stopped".
#pragma once

#include "engine/event.h"

enum { STORY_MOST_EFFECTS = 400 };

struct story;

struct story *story_new(void);
void story_free(struct story *s);
void story_hear(struct story *s, const struct event *e);

// The run as told so far; without EVENT_RUN_ENDED, it ends as "stopped". Lives as long as the
// story.
const struct value *story_finish(struct story *s);
