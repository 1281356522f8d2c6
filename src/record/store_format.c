#include "record/store_format.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/person.h"
#include "record/schema.h"

enum { BUSY_MS = 10000, PAUSE_MS = 10 };

static int read_number(void *number, int columns, char **texts, char **names)
{
    (void)columns;
    (void)names;
    *(int *)number = texts[0] ? atoi(texts[0]) : 0;
    return 0;
}

// Where two make the journal at the same instant SQLite does not wait by itself.
static bool enter_wal(struct store_file *f, struct error *err)
{
    int code = SQLITE_BUSY;
    for (int waited = 0; code == SQLITE_BUSY && waited < BUSY_MS; waited += PAUSE_MS) {
        code = sqlite3_exec(f->db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
        if (code == SQLITE_BUSY)
            sqlite3_sleep(PAUSE_MS);
    }
    return code == SQLITE_OK || store_file_fail(f, err);
}

// Is it a process of ours that is alive? Its number may be another program's by now.
static bool is_runbook(int pid)
{
    char path[64], name[32] = "";
    snprintf(path, sizeof path, "/proc/%d/comm", pid);
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return false;
    bool read = fgets(name, sizeof name, f) != NULL;
    fclose(f);
    return read && strcmp(name, "runbook\n") == 0;
}

// A run of an older runbook that is under way would find its tables gone.
static bool is_idle(struct store_file *f, struct error *err)
{
    sqlite3_stmt *row = NULL;
    int busy = 0;
    if (sqlite3_prepare_v2(f->db, "SELECT pid FROM run WHERE ended IS NULL AND host=?", -1, &row,
                           NULL) != SQLITE_OK)
        return store_file_fail(f, err);
    sqlite3_bind_text(row, 1, person_here().host, -1, SQLITE_TRANSIENT);
    while (busy == 0 && sqlite3_step(row) == SQLITE_ROW)
        busy = is_runbook(sqlite3_column_int(row, 0)) ? sqlite3_column_int(row, 0) : 0;
    sqlite3_finalize(row);
    return busy == 0 || error_set(err,
                                  "the journal %s is of an older runbook, of which a run is under "
                                  "way (process %d): wait for its end, then it is brought up to "
                                  "date; or name another with --journal FILE",
                                  f->path, busy);
}

// Inside a transaction: another process may have done it meanwhile.
static bool upgrade_from(struct store_file *f, int version, struct error *err)
{
    const char *step;
    char pragma[64];
    if (version >= SCHEMA_VERSION)
        return true;
    for (; version && (step = schema_upgrade(version)) != NULL; version++)
        if (!store_file_execute(f, step, err))
            return false;
    snprintf(pragma, sizeof pragma, "PRAGMA user_version=%d", SCHEMA_VERSION);
    return store_file_execute(f, schema_tables, err) && store_file_execute(f, pragma, err);
}

static bool update(struct store_file *f, struct error *err)
{
    int version = 0;
    if (!store_file_execute(f, "BEGIN IMMEDIATE", err))
        return false;
    bool ok = sqlite3_exec(f->db, "PRAGMA user_version", read_number, &version, NULL) == SQLITE_OK
                  ? upgrade_from(f, version, err)
                  : store_file_fail(f, err);
    if (ok && store_file_execute(f, "COMMIT", err))
        return true;
    sqlite3_exec(f->db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

// Goes on with a copy in memory, which nobody else sees.
static bool copy_to_memory(struct store_file *f, struct error *err)
{
    sqlite3 *copy = NULL;
    bool ok = sqlite3_open(":memory:", &copy) == SQLITE_OK;
    sqlite3_backup *backup = ok ? sqlite3_backup_init(copy, "main", f->db, "main") : NULL;
    ok = backup && sqlite3_backup_step(backup, -1) == SQLITE_DONE;
    sqlite3_backup_finish(backup);
    if (!ok) {
        error_set(err, "the journal %s is of an older runbook and could not be read: %s", f->path,
                  sqlite3_errmsg(copy ? copy : f->db));
        sqlite3_close(copy);
        return false;
    }
    sqlite3_close(f->db);
    f->db = copy;
    return true;
}

bool store_format_update(struct store_file *f, bool read_only, struct error *err)
{
    int version = 0;
    if (sqlite3_exec(f->db, "PRAGMA user_version", read_number, &version, NULL) != SQLITE_OK)
        return store_file_fail(f, err);
    if (version > SCHEMA_VERSION)
        return error_set(err, "the journal %s was made by a newer runbook (format %d)", f->path,
                         version);
    f->reads = version == SCHEMA_VERSION;
    if (f->reads)
        return true;
    if (version && read_only)
        return copy_to_memory(f, err) && update(f, err);
    return (version == 0 || is_idle(f, err)) && enter_wal(f, err) && update(f, err);
}
