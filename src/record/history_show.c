// history_show: runs of the journal as plain values, for those who look.
#include "engine/scope.h"
#include "record/history.h"
#include "record/keep.h"
#include "record/schema.h"

struct listing {
    struct arena *arena;
    struct value *into;
};

static bool read_columns(sqlite3_stmt *row, void *arg)
{
    struct listing *r = arg;
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
    struct listing r = {.arena = a, .into = value_array(a)};
    bool ok = store_each(store, read_columns, &r, err,
                         "SELECT id, name, user, host, pid, started, ended, outcome, exit, headline"
                         " FROM run WHERE name IS NOT NULL ORDER BY started DESC LIMIT ?",
                         "i", (int64_t)most);
    return ok ? r.into : NULL;
}

static bool read_count(sqlite3_stmt *row, void *arg)
{
    *(int64_t *)arg = sqlite3_column_int64(row, 0);
    return true;
}

bool history_count_doubts(struct store *store, const char *run, int64_t *count, struct error *err)
{
    *count = 0;
    return store_each(store, read_count, count, err,
                      "SELECT count(*) FROM effect WHERE run=? AND " SQL_WRITE_IN_DOUBT, "t", run);
}

// The words for the numbers that the journal keeps.
static void name_states(struct arena *a, struct value *rows, const char *field)
{
    for (size_t i = 0; i < value_count(rows); i++) {
        const struct value *state = value_get(value_at(rows, i), field);
        if (state->type == VALUE_INT)
            value_set(a, value_at(rows, i), field,
                      value_string(a, step_state_name((enum step_state)state->integer)));
    }
}

static void name_scopes(struct arena *a, struct value *effects)
{
    for (size_t i = 0; i < value_count(effects); i++) {
        struct value *e = value_at(effects, i);
        struct scope scope =
            scope_make(a, (enum scope_part)value_get_int(e, "part", 0), value_get_text(e, "step"),
                       (int)value_get_int(e, "attempt", 1), value_get_int(e, "generation", 0));
        value_set(a, e, "part", value_string(a, scope_part_name(scope.part)));
        value_set(a, e, "scope", value_string(a, scope.text));
    }
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
        {"steps", "SELECT phase, step, state, attempts, result, withheld, before, error, code,"
                  " started, ended FROM step WHERE run=? ORDER BY n"},
        {"effects", "SELECT seq, step, part, attempt, generation, position, kind, access, summary,"
                    " line, args, state, in_doubt, error, code, answer, started, ended"
                    " FROM effect WHERE run=? ORDER BY seq"},
        {"rollbacks", "SELECT generation, cause, wished, state AS outcome, started, ended"
                      " FROM rollback WHERE run=? ORDER BY generation"},
        {"undos", "SELECT generation, step, state AS outcome, error, started, ended FROM undo"
                  " WHERE run=? ORDER BY generation, started"},
    };
    struct value *all = value_object(a);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct listing r = {.arena = a, .into = value_array(a)};
        if (!store_each(store, read_columns, &r, err, parts[i].sql, "t", run->id))
            return NULL;
        value_set(a, all, parts[i].name, i == 0 ? value_at(r.into, 0) : r.into);
    }
    name_states(a, value_get(all, "steps"), "state");
    name_states(a, value_get(all, "rollbacks"), "outcome");
    name_states(a, value_get(all, "undos"), "outcome");
    name_scopes(a, value_get(all, "effects"));
    value_set(a, all, "params", keep_shown(a, run->params));
    value_set(a, value_get(all, "run"), "options", run->options);
    return all;
}
