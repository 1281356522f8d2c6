// recall: what the journal knows of an effect of a run that goes on.
#pragma once

#include "engine/journal.h"
#include "record/redact.h"
#include "record/store.h"

// Where it is looked for. All of it stays the caller's.
struct recall {
    struct store *store;
    const struct redact *secrets;
    const char *run;
};

// The effect at that scope and position. `found` says whether there is one; texts and values in the
// arena. False with `err` set when the journal cannot be read, which says nothing of the effect.
bool recall_effect(const struct recall *, const struct effect *, struct journal_entry *,
                   struct arena *, bool *found, struct error *err);
// The first effect of the scope beyond its `last` one. As recall_effect.
bool recall_omitted(const struct recall *, const struct scope *, int last, struct journal_entry *,
                    struct arena *, bool *found, struct error *err);
// The first write of the step's function, in any attempt, whose outcome is not known. As
// recall_effect.
bool recall_open(const struct recall *, const char *step, struct journal_entry *, struct arena *,
                 bool *found, struct error *err);
