// schema: the journal's tables, and how those of older formats become them.
#pragma once

#include "engine/journal.h"
#include "engine/scope.h"
#include "engine/step_state.h"

enum { SCHEMA_VERSION = 2 };

// All tables, where they are not there yet.
extern const char schema_tables[];
// The one table that came to format 2 later: where it is missing, who writes to it makes it.
extern const char schema_learned[];
// What makes a journal of the format `version` (1 or more) one of the next; NULL when it is the
// newest.
const char *schema_upgrade(int version);

// The numbers by which SQL knows the engine's enums. Journals on disk hold them: they never change.
#define SQL_EFFECT_STARTED "0"
#define SQL_EFFECT_DONE    "1"
#define SQL_EFFECT_REFUSED "4"
#define SQL_PART_STEP      "0"
#define SQL_PART_UNDO      "3"
#define SQL_STEP_RUNNING   "0"
#define SQL_STEP_OK        "1"
#define SQL_STEP_STOPPED   "4"
_Static_assert(JOURNAL_STARTED == 0 && JOURNAL_DONE == 1 && JOURNAL_FAILED == 2 &&
                   JOURNAL_CANCELLED == 3 && JOURNAL_REFUSED == 4,
               "effect.state on disk");
_Static_assert(SCOPE_STEP == 0 && SCOPE_WHEN == 1 && SCOPE_BEFORE == 2 && SCOPE_UNDO == 3,
               "effect.part on disk");
_Static_assert(STEP_RUNNING == 0 && STEP_OK == 1 && STEP_FAILED == 2 && STEP_SKIPPED == 3 &&
                   STEP_STOPPED == 4 && STEP_OPEN == 5,
               "step.state, undo.state and rollback.state on disk");

// A write that was made, or begun and not known to have been refused; one that is in doubt.
#define SQL_WRITE_STANDS                                                                           \
    "(access='write' AND (state IN (" SQL_EFFECT_STARTED ", " SQL_EFFECT_DONE ") OR in_doubt))"
#define SQL_WRITE_IN_DOUBT "(access='write' AND (state=" SQL_EFFECT_STARTED " OR in_doubt))"
// One whose answer was not kept, or holds something for a secret that may not be known any more.
#define SQL_ANSWER_LOST                                                                            \
    "((NOT kept OR instr(result, '[secret')) AND NOT in_doubt AND"                                 \
    " state IN (" SQL_EFFECT_DONE ", " SQL_EFFECT_REFUSED "))"
