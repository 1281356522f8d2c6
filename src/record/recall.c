#include "record/recall.h"

#include "engine/effect.h"
#include "record/keep.h"
#include "record/schema.h"

struct recollection {
    const struct redact *secrets;
    struct journal_entry *entry;
    struct arena *arena;
    bool *found;
};

// The columns of an entry, in the order of ENTRY_COLUMNS.
enum entry_column {
    ENTRY_SEQ,
    ENTRY_STATE,
    ENTRY_IN_DOUBT,
    ENTRY_KEPT,
    ENTRY_FINGERPRINT,
    ENTRY_SUMMARY,
    ENTRY_LINE,
    ENTRY_RESULT,
    ENTRY_ERROR,
    ENTRY_CODE,
    ENTRY_PROCESS,
    ENTRY_DEADLINE,
};
#define ENTRY_COLUMNS                                                                              \
    "seq, state, in_doubt, kept, fingerprint, summary, line, result, error, code, process, "       \
    "deadline"

// A number that is none of ours says nothing of the outcome.
static enum journal_state state_of(int number)
{
    return number >= JOURNAL_STARTED && number <= JOURNAL_REFUSED ? (enum journal_state)number
                                                                  : JOURNAL_STARTED;
}

static bool read_entry(sqlite3_stmt *row, void *arg)
{
    struct recollection *c = arg;
    struct arena *a = c->arena;
    const char *why = NULL;
    const struct value *kept = store_value(row, ENTRY_RESULT, a);
    bool broken = kept == NULL && sqlite3_column_type(row, ENTRY_RESULT) != SQLITE_NULL;
    struct value *result = kept ? keep_restore(a, c->secrets, kept, &why) : NULL;
    *c->entry = (struct journal_entry){
        .seq = sqlite3_column_int64(row, ENTRY_SEQ),
        .state = state_of(sqlite3_column_int(row, ENTRY_STATE)),
        .in_doubt = sqlite3_column_int(row, ENTRY_IN_DOUBT),
        .kept = sqlite3_column_int(row, ENTRY_KEPT) && why == NULL && !broken,
        .withheld = why,
        .fingerprint = store_text(row, ENTRY_FINGERPRINT, a),
        .summary = store_text(row, ENTRY_SUMMARY, a),
        .where = store_text(row, ENTRY_LINE, a),
        .result = result,
        .error = store_text(row, ENTRY_ERROR, a),
        .code = store_text(row, ENTRY_CODE, a),
        .process = store_value(row, ENTRY_PROCESS, a),
        .deadline = sqlite3_column_int64(row, ENTRY_DEADLINE),
    };
    *c->found = true;
    return false;
}

bool recall_effect(const struct recall *r, const struct effect *e, struct journal_entry *entry,
                   struct arena *a, bool *found, struct error *err)
{
    struct recollection c = {r->secrets, entry, a, found};
    *found = false;
    return store_each(r->store, read_entry, &c, err,
                      "SELECT " ENTRY_COLUMNS " FROM effect WHERE run=? AND step=? AND part=? AND"
                      " attempt=? AND generation=? AND position=?",
                      "ttiiit", r->run, e->scope.step, (int64_t)e->scope.part,
                      (int64_t)e->scope.attempt, e->scope.generation, e->position);
}

bool recall_omitted(const struct recall *r, const struct scope *scope, int last,
                    struct journal_entry *entry, struct arena *a, bool *found, struct error *err)
{
    struct recollection c = {r->secrets, entry, a, found};
    *found = false;
    return store_each(r->store, read_entry, &c, err,
                      "SELECT " ENTRY_COLUMNS " FROM effect WHERE run=? AND step=? AND part=? AND"
                      " attempt=? AND generation=? AND CAST(position AS INTEGER)>?"
                      " ORDER BY seq LIMIT 1",
                      "ttiiii", r->run, scope->step, (int64_t)scope->part, (int64_t)scope->attempt,
                      scope->generation, (int64_t)last);
}

bool recall_open(const struct recall *r, const char *step, struct journal_entry *entry,
                 struct arena *a, bool *found, struct error *err)
{
    struct recollection c = {r->secrets, entry, a, found};
    *found = false;
    return store_each(r->store, read_entry, &c, err,
                      "SELECT " ENTRY_COLUMNS " FROM effect WHERE run=? AND step=? AND"
                      " part=" SQL_PART_STEP " AND " SQL_WRITE_IN_DOUBT " ORDER BY seq LIMIT 1",
                      "tt", r->run, step);
}
