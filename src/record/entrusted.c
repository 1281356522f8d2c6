#include "record/entrusted.h"

#include "record/schema.h"
#include "record/store.h"

struct reading {
    struct arena *arena;
    struct value *into;
};

static bool read_row(sqlite3_stmt *row, void *arg)
{
    struct reading *r = arg;
    struct arena *a = r->arena;
    struct value *one = value_object(a), *process = store_value(row, 2, a);
    if (process == NULL)
        return true;
    value_set(a, one, "seq", value_int(a, sqlite3_column_int64(row, 0)));
    value_set(a, one, "summary", value_string(a, store_text(row, 1, a)));
    value_set(a, one, "process", process);
    value_push(a, r->into, one);
    return true;
}

struct value *entrusted_open(struct store *store, const char *run, struct arena *a,
                             struct error *err)
{
    struct reading r = {.arena = a, .into = value_array(a)};
    bool ok = store_each(store, read_row, &r, err,
                         "SELECT seq, summary, process FROM effect WHERE run=? AND"
                         " process IS NOT NULL AND " SQL_WRITE_IN_DOUBT " ORDER BY seq",
                         "t", run);
    return ok ? r.into : NULL;
}
