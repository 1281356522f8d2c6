#include "record/learned.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "record/schema.h"

void learned_add(struct learned *l, const struct redact *secrets, const char *name)
{
    size_t len;
    char *safe = redact_text(secrets, name, strlen(name), &len);
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->names[i], safe) == 0) {
            free(safe);
            return;
        }
    l->names = mem_grow(l->names, (l->count + 1) * sizeof *l->names);
    l->names[l->count++] = safe;
}

bool learned_write(const struct learned *l, struct store *store, const char *run, struct error *err)
{
    bool ok = l->count == 0 || store_run(store, err, schema_learned, "");
    for (size_t i = 0; i < l->count && ok; i++)
        ok = store_run(store, err, "INSERT OR IGNORE INTO learned(run, name) VALUES(?, ?)", "tt",
                       run, l->names[i]);
    return ok;
}

void learned_clear(struct learned *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->names[i]);
    free(l->names);
    *l = (struct learned){0};
}

struct reading {
    struct arena *arena;
    struct value *into;
    bool there;
};

static bool read_there(sqlite3_stmt *row, void *arg)
{
    struct reading *r = arg;
    r->there = sqlite3_column_int(row, 0) > 0;
    return false;
}

static bool read_name(sqlite3_stmt *row, void *arg)
{
    struct reading *r = arg;
    value_push(r->arena, r->into, value_string(r->arena, store_text(row, 0, r->arena)));
    return true;
}

struct value *learned_names(struct store *store, const char *run, struct arena *a,
                            struct error *err)
{
    struct reading r = {.arena = a, .into = value_array(a)};
    bool ok =
        store_each(store, read_there, &r, err,
                   "SELECT count(*) FROM sqlite_master WHERE name='learned'", "") &&
        (!r.there || store_each(store, read_name, &r, err,
                                "SELECT name FROM learned WHERE run=? ORDER BY rowid", "t", run));
    return ok ? r.into : NULL;
}
