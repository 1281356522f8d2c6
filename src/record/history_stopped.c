// history_stopped: which run of the journal a person may have meant to go on with.
#include "record/history.h"
#include "record/schema.h"

struct search {
    struct arena *arena;
    struct history *run;
    bool found;
};

static bool read_stopped(sqlite3_stmt *row, void *arg)
{
    struct search *s = arg;
    *s->run = (struct history){.id = store_text(row, 0, s->arena),
                               .file = store_text(row, 1, s->arena),
                               .started = sqlite3_column_int64(row, 2)};
    s->found = true;
    return false;
}

// As read_rollback and keep_doubts judge a run.
bool history_find_stopped(struct store *store, struct arena *a, struct history *run, bool *found,
                          struct error *err)
{
    struct search s = {.arena = a, .run = run};
    bool ok = store_each(store, read_stopped, &s, err,
                         "SELECT id, file, started FROM run WHERE name IS NOT NULL AND"
                         " (outcome IS NULL OR outcome<>'done') AND"
                         " ((SELECT state FROM rollback k WHERE k.run=run.id"
                         "   ORDER BY generation DESC LIMIT 1) IS NOT " SQL_STEP_OK
                         "  OR EXISTS (SELECT 1 FROM effect e WHERE e.run=run.id AND"
                         "   e.part=" SQL_PART_STEP " AND " SQL_WRITE_IN_DOUBT
                         "   AND EXISTS (SELECT 1 FROM step s WHERE s.run=run.id AND s.step=e.step)"
                         "   AND NOT EXISTS (SELECT 1 FROM undo u WHERE u.run=run.id AND"
                         "    u.step=e.step AND u.state=" SQL_STEP_OK ")))"
                         " ORDER BY started DESC LIMIT 1",
                         "");
    *found = s.found;
    return ok;
}
