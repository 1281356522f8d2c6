// store: what the journal is kept in: statements and transactions on its file
// (record/store_file.h).
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/value.h"

struct store;

// Opens the file, made with its folders when it is not there. NULL with `err` set: what is in the
// way, and what to do.
struct store *store_open(const char *path, struct error *err);
// Opens one to read it only, also where nothing may be written. As store_open.
struct store *store_open_read(const char *path, struct error *err);
void store_close(struct store *);
const char *store_path(const struct store *);

// One statement. The format has a letter for each `?` of the SQL: t text (NULL is null), i int64_t,
// v a value as canonical JSON (NULL is null), b a length (size_t) and bytes.
bool store_run(struct store *, struct error *err, const char *sql, const char *format, ...);
// Rows: calls fn for each until it returns false. Columns are read with sqlite3_column_*.
bool store_each(struct store *, bool (*fn)(sqlite3_stmt *row, void *arg), void *arg,
                struct error *err, const char *sql, const char *format, ...);
// A transaction around several statements. What store_commit has returned true for outlives the
// process; a durable one is on disk, and with it all that was committed before.
bool store_begin(struct store *, bool durable, struct error *err);
bool store_commit(struct store *, struct error *err);
void store_abandon(struct store *);
// Whether the last statement failed for want of room, as far as SQLite can tell.
bool store_lacks_room(const struct store *);

// Readers of a row's columns, into the arena.
const char *store_text(sqlite3_stmt *row, int column, struct arena *a);    // NULL for null
struct value *store_value(sqlite3_stmt *row, int column, struct arena *a); // NULL for null
