// queue: what is to be written of effects, until the journal writes it.
#pragma once

#include "base/arena.h"
#include "engine/effect.h"
#include "engine/journal.h"
#include "record/redact.h"
#include "record/store.h"

struct pending;

// All zero is an empty queue.
struct queue {
    struct pending *first, *last;
    int count;
    size_t bytes;       // of the answers
    struct arena arena; // holds all of them
};

// Puts a copy of the effect, secrets masked, behind the others. `phase` may be NULL.
void queue_add(struct queue *, const struct effect *, enum journal_state,
               const struct redact *secrets, const char *phase);
// Takes back what was added last.
void queue_drop_last(struct queue *);
// Writes all of them, inside the caller's transaction; they stay in the queue.
bool queue_write(const struct queue *, struct store *, const char *run, struct error *err);
void queue_clear(struct queue *);
