// past: what is on record of a run that goes on: how far each step came, and whether its changes
// were being taken back.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/value.h"
#include "engine/step_state.h"

struct past_step {
    const char *name;
    enum step_state state;
    int attempts;         // begun, in all
    int spent;            // of these, the ones before somebody resumed it after it had failed
    int64_t retry_at;     // when its next attempt is due, ms since 1970; 0: none was waited for
    int writes;           // made, or begun and not known to have been refused
    bool in_doubt;        // of one of them nobody knows whether it happened
    bool sent_again;      // and a person has decided that it is to be sent again
    const char *error;    // what it failed with; NULL
    struct value *result; // what it returned; NULL: nothing, or it is withheld
    const char *withheld; // why its result is not there; NULL: it is
    bool has_before;      // its `before` was taken
    struct value *before; // what that was; VALUE_NULL: nothing; NULL: it is withheld
    const char *before_withheld;
};

struct past {
    struct past_step *steps; // in the order in which they began
    size_t count;
    int64_t generation; // how many rollbacks began
    bool under_way;     // the last of them did not come to its end
    bool rolls_back;    // a rollback is to go on, or to begin
    bool wished;        // a person asked for it
    bool unrecorded;    // it began when the journal could not be written: what is undone is unknown
    const char *cause;
    const char **undone; // names of the steps whose undo came to a good end
    size_t undone_count;
};

// The step of that name; NULL when it is not on record, or nothing is (`past` NULL).
const struct past_step *past_step(const struct past *, const char *name);
