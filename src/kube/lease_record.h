// lease_record: what stands in a Lease of coordination.k8s.io/v1, and when that was first seen.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/value.h"

struct lease_record {
    char version[128];   // resourceVersion; "" when there is no object
    const char *holder;  // whoever holds it, in his own words; NULL before one was read
    char since[20];      // in UTC, to the second; "" when the object does not say
    int64_t duration_ms; // that he gave it
    int64_t transitions;
    int64_t seen_at; // lease_clock: when we first saw that version
};

// Milliseconds on a clock that goes on while the machine sleeps.
int64_t lease_clock(void);
// Takes in the object as the server has told it to a question asked at that moment. Returns whether
// it is another version than before. Another holder's name is kept in the arena.
bool lease_record_read(struct lease_record *, struct arena *, const struct value *object,
                       int64_t asked_at);
// The object's part that is to be written for the holder now, in the arena. `transition` is NULL
// when he only renews it; else he begins to hold it, for the record's transition.
struct value *lease_record_body(struct arena *, const char *holder, int duration_s,
                                const struct lease_record *transition);
