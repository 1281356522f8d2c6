#include "record/history.h"

#include <stdio.h>
#include <string.h>

#include "record/keep.h"
#include "record/schema.h"
#include "record/spare.h"

enum { STEPS_AT_ONCE = 64 };

struct reading {
    struct arena *arena;
    struct history *run;
    struct value *into;
    const struct redact *secrets;
    int found;
};

#define RUN_COLUMNS                                                                                \
    "id, name, file, user, host, outcome, headline, pid, started, ended, exit, seed, options, "    \
    "params"

static bool read_run(sqlite3_stmt *row, void *arg)
{
    struct reading *r = arg;
    struct arena *a = r->arena;
    *r->run = (struct history){
        .id = store_text(row, 0, a),
        .name = store_text(row, 1, a),
        .file = store_text(row, 2, a),
        .user = store_text(row, 3, a),
        .host = store_text(row, 4, a),
        .outcome = store_text(row, 5, a),
        .headline = store_text(row, 6, a),
        .pid = sqlite3_column_int64(row, 7),
        .started = sqlite3_column_int64(row, 8),
        .ended = sqlite3_column_int64(row, 9),
        .exit = sqlite3_column_int64(row, 10),
        .seed = (uint64_t)sqlite3_column_int64(row, 11),
        .options = store_value(row, 12, a),
        .params = store_value(row, 13, a),
    };
    r->found++;
    return r->found < 2;
}

static bool read_source(sqlite3_stmt *row, void *arg)
{
    struct reading *r = arg;
    struct value *source = value_object(r->arena);
    value_set(r->arena, source, "chunk", value_string(r->arena, store_text(row, 1, r->arena)));
    value_set(r->arena, source, "text",
              value_bytes(r->arena, (const char *)sqlite3_column_text(row, 2),
                          (size_t)sqlite3_column_bytes(row, 2)));
    value_set(r->arena, r->into, store_text(row, 0, r->arena), source);
    return true;
}

// The columns of a step, in the order of STEP_COLUMNS.
enum step_column {
    STEP_NAME,
    STEP_STATE,
    STEP_ATTEMPTS,
    STEP_SPENT,
    STEP_RETRY_AT,
    STEP_RESULT,
    STEP_WITHHELD,
    STEP_BEFORE,
    STEP_BEFORE_WITHHELD,
    STEP_ERROR,
    STEP_WRITES,
    STEP_IN_DOUBT,
};
#define STEP_COLUMNS                                                                               \
    "step, state, attempts, spent, retry_at, result, withheld, before, before_withheld, error,"    \
    " (SELECT count(*) FROM effect e WHERE e.run=s.run AND e.step=s.step AND "                     \
    "e.part=" SQL_PART_STEP "  AND " SQL_WRITE_STANDS "),"                                         \
    " (SELECT count(*) FROM effect e WHERE e.run=s.run AND e.step=s.step AND "                     \
    "e.part=" SQL_PART_STEP "  AND " SQL_WRITE_IN_DOUBT ")"

static struct past_step *add_step(struct reading *r)
{
    struct past *past = r->run->past;
    if (past->count % STEPS_AT_ONCE == 0) {
        size_t room = past->count + STEPS_AT_ONCE;
        struct past_step *steps = arena_alloc(r->arena, room * sizeof *steps);
        if (past->count)
            memcpy(steps, past->steps, past->count * sizeof *steps);
        past->steps = steps;
    }
    return &past->steps[past->count++];
}

static bool read_step(sqlite3_stmt *row, void *arg)
{
    struct reading *r = arg;
    struct arena *a = r->arena;
    bool before = sqlite3_column_type(row, STEP_BEFORE) != SQLITE_NULL ||
                  sqlite3_column_type(row, STEP_BEFORE_WITHHELD) != SQLITE_NULL;
    *add_step(r) = (struct past_step){
        .name = store_text(row, STEP_NAME, a),
        .state = (enum step_state)sqlite3_column_int(row, STEP_STATE),
        .attempts = sqlite3_column_int(row, STEP_ATTEMPTS),
        .spent = sqlite3_column_int(row, STEP_SPENT),
        .retry_at = sqlite3_column_int64(row, STEP_RETRY_AT),
        .result = store_value(row, STEP_RESULT, a),
        .withheld = store_text(row, STEP_WITHHELD, a),
        .has_before = before,
        .before = store_value(row, STEP_BEFORE, a),
        .before_withheld = store_text(row, STEP_BEFORE_WITHHELD, a),
        .error = store_text(row, STEP_ERROR, a),
        .writes = sqlite3_column_int(row, STEP_WRITES),
        .in_doubt = sqlite3_column_int(row, STEP_IN_DOUBT) > 0,
    };
    return true;
}

static bool read_rollback(sqlite3_stmt *row, void *arg)
{
    struct reading *r = arg;
    struct past *past = r->run->past;
    bool ended = sqlite3_column_type(row, 3) != SQLITE_NULL;
    past->generation = sqlite3_column_int64(row, 0);
    past->cause = store_text(row, 1, r->arena);
    past->wished = sqlite3_column_int(row, 2);
    past->under_way = !ended;
    r->run->rolled_back = ended && sqlite3_column_int(row, 3) == STEP_OK;
    return false;
}

static bool count_undone(sqlite3_stmt *row, void *arg)
{
    struct reading *r = arg;
    struct past *past = r->run->past;
    past->undone =
        arena_alloc(r->arena, ((size_t)sqlite3_column_int(row, 0) + 1) * sizeof *past->undone);
    return false;
}

static bool read_undone(sqlite3_stmt *row, void *arg)
{
    struct reading *r = arg;
    struct past *past = r->run->past;
    past->undone[past->undone_count++] = store_text(row, 0, r->arena);
    return true;
}

static bool read_past(struct store *store, struct reading *r, struct error *err)
{
    struct arena *a = r->arena;
    const char *id = r->run->id;
    struct past *past = r->run->past = arena_alloc(a, sizeof *past);
    *past = (struct past){0};
    r->into = r->run->sources = value_object(a);
    return store_each(store, read_step, r, err,
                      "SELECT " STEP_COLUMNS " FROM step s WHERE s.run=? ORDER BY s.n", "t", id) &&
           store_each(store, read_rollback, r, err,
                      "SELECT generation, cause, wished, state FROM rollback WHERE run=?"
                      " ORDER BY generation DESC LIMIT 1",
                      "t", id) &&
           store_each(store, count_undone, r, err, "SELECT count(*) FROM undo WHERE run=?", "t",
                      id) &&
           store_each(store, read_undone, r, err,
                      "SELECT step FROM undo WHERE run=? AND state=" SQL_STEP_OK, "t", id) &&
           store_each(store, read_source, r, err,
                      "SELECT module, chunk, text FROM source WHERE run=?", "t", id);
}

static bool is_undone(const struct past *past, const char *step)
{
    for (size_t i = 0; i < past->undone_count; i++)
        if (strcmp(past->undone[i], step) == 0)
            return true;
    return false;
}

// What is in doubt, and was not undone, is left even where everything else was taken back.
static void keep_doubts(struct history *run)
{
    // Killed between that and its last word, it has its end still to tell.
    run->rolled_back = run->rolled_back && run->ended;
    struct past *past = run->past;
    for (size_t i = 0; i < past->count && run->rolled_back; i++)
        run->rolled_back = !past->steps[i].in_doubt || is_undone(past, past->steps[i].name);
    past->rolls_back = past->generation > 0 && !run->rolled_back;
}

// A rollback that could not be put on record is made again.
static void keep_note(struct store *store, struct history *run)
{
    struct past *past = run->past;
    if (run->rolled_back || past->rolls_back || !spare_notes_rollback(store_path(store), run->id))
        return;
    past->rolls_back = past->unrecorded = true;
    past->cause = "its journal could not be written";
}

bool history_find(struct store *store, const char *id, struct arena *a, struct history *run,
                  struct error *err)
{
    struct reading r = {.arena = a, .run = run};
    bool ok = id ? store_each(store, read_run, &r, err,
                              "SELECT " RUN_COLUMNS " FROM run WHERE substr(id, 1, length(?1))=?1"
                              " ORDER BY id=?1 DESC LIMIT 2",
                              "t", id)
                 : store_each(store, read_run, &r, err,
                              "SELECT " RUN_COLUMNS " FROM run WHERE name IS NOT NULL"
                              " ORDER BY started DESC LIMIT 1",
                              "");
    if (!ok)
        return false;
    if (r.found == 0)
        return id ? error_set(err, "there is no run '%s' in %s; `runbook runs` lists them", id,
                              store_path(store))
                  : error_set(err, "there is no run in %s to go on with: none is on record",
                              store_path(store));
    if (id && r.found > 1 && strcmp(run->id, id) != 0)
        return error_set(err, "several runs begin with '%s'; `runbook runs` lists them", id);
    if (!read_past(store, &r, err))
        return false;
    keep_doubts(run);
    keep_note(store, run);
    return true;
}

// Whether the write in this row is settled: its answer can be given again.
static bool is_answered(sqlite3_stmt *row, const struct reading *r)
{
    const char *why;
    bool open = sqlite3_column_int(row, 3), kept = sqlite3_column_int(row, 4);
    return !open && kept && keep_restore(r->arena, r->secrets, store_value(row, 5, r->arena), &why);
}

static bool read_doubt(sqlite3_stmt *row, void *arg)
{
    struct reading *r = arg;
    struct arena *a = r->arena;
    struct value *doubt = value_object(a);
    if (is_answered(row, r))
        return true;
    bool undo = sqlite3_column_int(row, 2) == SCOPE_UNDO;
    value_set(a, doubt, "seq", value_int(a, sqlite3_column_int64(row, 0)));
    value_set(a, doubt, "step", value_string(a, store_text(row, 1, a)));
    value_set(a, doubt, "undo", value_bool(a, undo));
    value_push(a, r->into, doubt);
    return true;
}

// An answer that was not kept is asked for where the step is replayed; a doubt in an undo, where
// that very rollback goes on.
struct value *history_doubts(struct store *store, const struct history *run,
                             const struct redact *secrets, bool rolls_back, struct arena *a,
                             struct error *err)
{
    const struct past *past = run->past;
    struct reading r = {.arena = a, .into = value_array(a), .secrets = secrets};
    bool ok = store_each(store, read_doubt, &r, err,
                         "SELECT seq, step, part, " SQL_WRITE_IN_DOUBT ", kept, result FROM effect"
                         " WHERE run=?1 AND access='write' AND"
                         " ((part=" SQL_PART_STEP " AND " SQL_WRITE_IN_DOUBT ") OR"
                         "  (part=" SQL_PART_STEP " AND NOT ?2 AND " SQL_ANSWER_LOST " AND step IN"
                         "   (SELECT step FROM step WHERE run=?1 AND state IN"
                         "     (" SQL_STEP_RUNNING ", " SQL_STEP_STOPPED ")"
                         "    UNION SELECT step FROM effect WHERE run=?1 AND part=" SQL_PART_STEP
                         "     AND " SQL_WRITE_IN_DOUBT ")) OR"
                         "  (part=" SQL_PART_UNDO " AND ?2 AND generation=?3 AND"
                         "   (" SQL_WRITE_IN_DOUBT " OR " SQL_ANSWER_LOST "))) ORDER BY seq",
                         "tii", run->id, (int64_t)rolls_back,
                         past->under_way ? past->generation : (int64_t)-1);
    return ok ? r.into : NULL;
}

bool history_decide(struct store *store, const struct history *run, int64_t seq, bool done,
                    struct error *err)
{
    if (!store_begin(store, true, err))
        return false;
    if (store_run(store, err,
                  "UPDATE effect SET in_doubt=0, kept=0, state=?, answer=? WHERE run=? AND seq=?",
                  "itti", (int64_t)(done ? JOURNAL_DONE : JOURNAL_REFUSED),
                  done ? "done, as a person has decided" : "not done, as a person has decided",
                  run->id, seq) &&
        store_commit(store, err))
        return true;
    store_abandon(store);
    return false;
}
