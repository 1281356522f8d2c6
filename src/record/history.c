#include "record/history.h"

#include <stdio.h>
#include <string.h>

#include "engine/undo.h"

struct reading {
    struct arena *arena;
    struct history *run;
    struct value *into;
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

static bool read_step(sqlite3_stmt *row, void *arg)
{
    struct reading *r = arg;
    struct arena *a = r->arena;
    struct value *step = value_object(a), *result = store_value(row, 3, a);
    const char *name = store_text(row, 0, a);
    value_set(a, step, "state", value_string(a, store_text(row, 1, a)));
    value_set(a, step, "attempts", value_int(a, sqlite3_column_int64(row, 2)));
    value_set(a, step, "result", result ? result : value_null(a));
    value_set(a, step, "writes", value_int(a, sqlite3_column_int64(row, 4)));
    value_set(a, step, "in_doubt", value_bool(a, sqlite3_column_int64(row, 5) > 0));
    value_set(a, value_get(r->into, "steps"), name, step);
    value_push(a, value_get(r->into, "order"), value_string(a, name));
    return true;
}

static bool read_rollback(sqlite3_stmt *row, void *arg)
{
    struct reading *r = arg;
    struct arena *a = r->arena;
    struct value *rollback = value_object(a);
    const char *outcome = store_text(row, 2, a);
    int64_t generation = sqlite3_column_int64(row, 0);
    r->run->rolled_back = outcome && strcmp(outcome, "ok") == 0;
    value_set(a, r->into, "generation", value_int(a, generation));
    if (r->run->rolled_back)
        return false;
    // One that came to its end with something left is another one when it is tried again.
    value_set(a, rollback, "generation", value_int(a, outcome ? generation + 1 : generation));
    const char *cause = store_text(row, 1, a);
    value_set(a, rollback, "cause", value_string(a, cause));
    value_set(a, rollback, "wished", value_bool(a, cause && strcmp(cause, UNDO_WISH) == 0));
    value_set(a, rollback, "undone", value_array(a));
    value_set(a, r->into, "rollback", rollback);
    return false;
}

static bool read_undone(sqlite3_stmt *row, void *arg)
{
    struct reading *r = arg;
    value_push(r->arena, r->into, value_string(r->arena, store_text(row, 0, r->arena)));
    return true;
}

static bool read_past(struct store *store, struct reading *r, struct error *err)
{
    struct arena *a = r->arena;
    const char *id = r->run->id;
    struct value *past = value_object(a);
    value_set(a, past, "steps", value_object(a));
    value_set(a, past, "order", value_array(a));
    value_set(a, past, "rollback", value_null(a));
    r->run->past = r->into = past;
    if (!store_each(
            store, read_step, r, err,
            "SELECT s.step, s.state, s.attempts, s.result,"
            " (SELECT count(*) FROM effect e WHERE e.run=s.run AND e.step=s.step AND"
            "  e.access='write' AND e.scope LIKE 'step:%' AND (e.state IN (0, 1) OR e.in_doubt)),"
            " (SELECT count(*) FROM effect e WHERE e.run=s.run AND e.step=s.step AND"
            "  e.access='write' AND e.scope LIKE 'step:%' AND (e.state=0 OR e.in_doubt))"
            " FROM step s WHERE s.run=? ORDER BY s.n",
            "t", id) ||
        !store_each(store, read_rollback, r, err,
                    "SELECT generation, cause, outcome FROM rollback WHERE run=?"
                    " ORDER BY generation DESC LIMIT 1",
                    "t", id))
        return false;
    r->into = value_get(value_get(past, "rollback"), "undone");
    if (r->into && !store_each(store, read_undone, r, err,
                               "SELECT step FROM undo WHERE run=? AND outcome='ok'", "t", id))
        return false;
    r->into = r->run->sources = value_object(a);
    return store_each(store, read_source, r, err,
                      "SELECT module, chunk, text FROM source WHERE run=?", "t", id);
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
                              "SELECT " RUN_COLUMNS " FROM run WHERE name IS NOT NULL AND"
                              " (outcome IS NULL OR outcome<>'done') AND NOT EXISTS (SELECT 1 FROM"
                              " rollback WHERE rollback.run=run.id AND rollback.outcome='ok')"
                              " ORDER BY started DESC LIMIT 1",
                              "");
    if (!ok)
        return false;
    if (r.found == 0)
        return id ? error_set(err, "there is no run '%s' in %s; `runbook runs` lists them", id,
                              store_path(store))
                  : error_set(err,
                              "there is no run in %s to go on with: all came to a good end or "
                              "were rolled back",
                              store_path(store));
    if (id && r.found > 1 && strcmp(run->id, id) != 0)
        return error_set(err, "several runs begin with '%s'; `runbook runs` lists them", id);
    return read_past(store, &r, err);
}

static bool read_number(sqlite3_stmt *row, void *arg)
{
    struct reading *r = arg;
    value_push(r->arena, r->into, value_int(r->arena, sqlite3_column_int64(row, 0)));
    return true;
}

struct value *history_doubts(struct store *store, const struct history *run, struct arena *a,
                             struct error *err)
{
    struct reading r = {.arena = a, .into = value_array(a)};
    bool ok = store_each(store, read_number, &r, err,
                         "SELECT seq FROM effect WHERE run=? AND access='write' AND"
                         " (state=0 OR in_doubt OR (state IN (1, 4) AND NOT kept)) ORDER BY seq",
                         "t", run->id);
    return ok ? r.into : NULL;
}

static bool read_columns(sqlite3_stmt *row, void *arg)
{
    struct reading *r = arg;
    struct arena *a = r->arena;
    struct value *object = value_object(a);
    for (int i = 0; i < sqlite3_column_count(row); i++) {
        const char *name = sqlite3_column_name(row, i);
        value_set(a, object, name,
                  sqlite3_column_type(row, i) == SQLITE_INTEGER
                      ? value_int(a, sqlite3_column_int64(row, i))
                      : value_string(a, store_text(row, i, a)));
    }
    value_push(a, r->into, object);
    return true;
}

struct value *history_list(struct store *store, int most, struct arena *a, struct error *err)
{
    struct reading r = {.arena = a, .into = value_array(a)};
    bool ok = store_each(store, read_columns, &r, err,
                         "SELECT id, name, user, host, pid, started, ended, outcome, exit, headline"
                         " FROM run WHERE name IS NOT NULL ORDER BY started DESC LIMIT ?",
                         "i", (int64_t)most);
    return ok ? r.into : NULL;
}

struct value *history_show(struct store *store, const struct history *run, struct arena *a,
                           struct error *err)
{
    static const struct {
        const char *name, *sql;
    } parts[] = {
        {"run",
         "SELECT id, name, summary, file, user, host, pid, started, ended, outcome, exit, headline"
         " FROM run WHERE id=?"},
        {"steps", "SELECT phase, step, state, attempts, result, error, started, ended FROM step"
                  " WHERE run=? ORDER BY n"},
        {"effects",
         "SELECT seq, step, scope, position, kind, access, summary, line, args, state, in_doubt,"
         " error, answer, started, ended FROM effect WHERE run=? ORDER BY seq"},
        {"rollbacks", "SELECT generation, cause, outcome, started, ended FROM rollback WHERE run=?"
                      " ORDER BY generation"},
        {"undos", "SELECT generation, step, outcome, error, started, ended FROM undo WHERE run=?"
                  " ORDER BY generation, started"},
    };
    struct value *all = value_object(a);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct reading r = {.arena = a, .into = value_array(a)};
        if (!store_each(store, read_columns, &r, err, parts[i].sql, "t", run->id))
            return NULL;
        value_set(a, all, parts[i].name, i == 0 ? value_at(r.into, 0) : r.into);
    }
    value_set(a, all, "params", run->params ? run->params : value_null(a));
    value_set(a, value_get(all, "run"), "options", run->options);
    return all;
}
