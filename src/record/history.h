// history: what the journal tells of past runs.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/value.h"
#include "engine/past.h"
#include "record/redact.h"
#include "record/store.h"

// A run as it stands in the journal; texts and values in the caller's arena.
struct history {
    const char *id, *name, *file, *user, *host, *outcome, *headline;
    int64_t pid, started, ended, exit; // ended 0: it never came to its end
    uint64_t seed;
    struct value *options, *params; // as journal_start wrote them
    struct value *sources;          // { module: { chunk, text } }; "" is the runbook itself
    struct past *past;              // for run->past; results and what was before as they are kept
    bool rolled_back; // a rollback has come to its end, and the run, with nothing left
};

// Finds a run by its id or a beginning of it that fits one run alone; NULL: the latest one,
// whatever became of it. False with `err` set when there is none, or several fit.
bool history_find(struct store *, const char *id, struct arena *, struct history *,
                  struct error *err);
// The latest run that stopped: it did not come to a good end, and was not rolled back with nothing
// left. Fills in { id, file, started }; *found is false when there is none. False with `err` set
// when the journal cannot be read.
bool history_find_stopped(struct store *, struct arena *, struct history *, bool *found,
                          struct error *err);
// The writes about which a decision would change how the run goes on, forward or with `rolls_back`
// backward: those in doubt, and those with an answer that was not kept and is needed. [ { seq,
// step, undo (true: it is one of its undo) } ]; NULL with `err` set when they cannot be read.
struct value *history_doubts(struct store *, const struct history *, const struct redact *secrets,
                             bool rolls_back, struct arena *, struct error *err);
// How many of the run's writes have no known outcome. False with `err` set.
bool history_count_doubts(struct store *, const char *run, int64_t *count, struct error *err);
// Writes down, durably, that the write in doubt was done or was not. False with `err` set.
bool history_decide(struct store *, const struct history *, int64_t seq, bool done,
                    struct error *err);
// The latest runs, newest first: [ { id, name, user, host, started, ended, outcome, exit, headline
// } ].
struct value *history_list(struct store *, int most, struct arena *, struct error *err);
// A run with all its steps, effects and rollbacks, as one object.
struct value *history_show(struct store *, const struct history *, struct arena *,
                           struct error *err);
