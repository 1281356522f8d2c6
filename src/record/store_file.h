// store_file: the file of a store, a SQLite database: its place, and how it is left behind.
#pragma once

#include <sqlite3.h>
#include <stdbool.h>

#include "base/error.h"

struct store_file {
    sqlite3 *db;
    char *path;
    // Nothing was written that the disk should have now. Such a file is closed without moving the
    // WAL into it: that would wait for the disk four times, to keep what nobody would miss.
    bool reads;
};

// The default place: $XDG_STATE_HOME/runbook/journal.db, or below ~/.local/state. NULL when there
// is no home. The caller frees it.
char *store_file_default(void);
// Opens the file, made with its folders and tables when it is not there. False with `err` set: what
// is in the way, and what to do. It is to be closed in either case.
bool store_file_open(struct store_file *, const char *path, struct error *err);
// Opens one to read it only, also where nothing may be written. As store_file_open.
bool store_file_open_read(struct store_file *, const char *path, struct error *err);
void store_file_close(struct store_file *);
// Runs statements that have neither parameters nor rows.
bool store_file_execute(struct store_file *, const char *sql, struct error *err);
// Sets `err` to what SQLite said last, and what to do about it. Returns false.
bool store_file_fail(const struct store_file *, struct error *err);
