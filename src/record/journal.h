// journal: the record of runs that makes them resumable. At the door it writes intents and
// outcomes; as a listener it learns of steps, undos and the end.
//
// Durability is paid for writes: the intent of one is on disk before it is sent, and so is
// everything before it. An outcome outlives the process at once, and the machine with the next
// intent. Reads wait in memory and go along with the next write, the end of a step, or a longer
// wait.
#pragma once

#include "engine/event.h"
#include "engine/journal.h"
#include "record/redact.h"
#include "record/store.h"

struct run_journal {
    struct journal door;      // for run->journal
    struct listener listener; // for the hub, before its masking: it masks by itself
};

// What is kept of how a run was started, so that it can be resumed.
struct journal_start {
    const char *run; // its id
    uint64_t seed;
    const struct value *options; // { phases, from, only, kubeconfig, context, lease, values_file }
    const struct value *params;  // resolved, as record/keep keeps them
};

// The store and the secrets stay the caller's.
struct run_journal *journal_new(struct store *, const struct redact *secrets, const char *run);
// To be told before a new run starts, not before one that goes on. False with `err` set when it
// cannot be written.
bool journal_start(struct run_journal *, const struct journal_start *, struct error *err);
// Keeps the name of a secret that the run has learned; it is on record with what comes next.
void journal_learned(struct run_journal *, const char *name);
// Writes what is still in memory, and frees it. False with `err` set when that or something before
// could not be written.
bool journal_free(struct run_journal *, struct error *err);
