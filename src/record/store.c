#include "record/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"

enum { MOST_STATEMENTS = 32, BUSY_MS = 10000, VERSION = 1, MOST_LEFT = 1024 * 1024 };

struct store {
    sqlite3 *db;
    char *path;
    bool durable; // what a commit waits for
    bool reads;   // nothing that the disk should have now was written
    struct {
        const char *sql; // a literal: compared by address
        sqlite3_stmt *statement;
    } prepared[MOST_STATEMENTS];
    size_t count;
};

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS run(id TEXT PRIMARY KEY, name TEXT, summary TEXT, file TEXT, user "
    "TEXT,"
    " host TEXT, pid INTEGER, started INTEGER, ended INTEGER, outcome TEXT, exit INTEGER, headline "
    "TEXT,"
    " seed INTEGER, options TEXT, params TEXT);"
    "CREATE TABLE IF NOT EXISTS source(run TEXT, module TEXT, chunk TEXT, text TEXT,"
    " PRIMARY KEY(run, module));"
    "CREATE TABLE IF NOT EXISTS step(run TEXT, step TEXT, n INTEGER, phase TEXT, state TEXT,"
    " attempts INTEGER, result TEXT, error TEXT, started INTEGER, ended INTEGER, PRIMARY KEY(run, "
    "step));"
    "CREATE TABLE IF NOT EXISTS rollback(run TEXT, generation INTEGER, cause TEXT, outcome TEXT,"
    " started INTEGER, ended INTEGER, PRIMARY KEY(run, generation));"
    "CREATE TABLE IF NOT EXISTS undo(run TEXT, generation INTEGER, step TEXT, outcome TEXT, error "
    "TEXT,"
    " started INTEGER, ended INTEGER, PRIMARY KEY(run, generation, step));"
    "CREATE TABLE IF NOT EXISTS effect(seq INTEGER PRIMARY KEY, run TEXT, scope TEXT,"
    " position TEXT, phase TEXT, step TEXT, kind TEXT, access TEXT, summary TEXT, fingerprint TEXT,"
    " line TEXT, args TEXT, state INTEGER, in_doubt INTEGER, kept INTEGER, result TEXT, error TEXT,"
    " answer TEXT, deadline INTEGER, started INTEGER, ended INTEGER, UNIQUE(run, scope, "
    "position));";

char *store_default_path(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    struct buf path = {0};
    if (state && *state == '/')
        buf_printf(&path, "%s/runbook/journal.db", state);
    else if (home && *home == '/')
        buf_printf(&path, "%s/.local/state/runbook/journal.db", home);
    else
        return NULL;
    return buf_take(&path);
}

// Makes the folders above the file; only its owner may look into them.
static bool make_folders(const char *path, struct error *err)
{
    char *copy = mem_dup(path);
    bool ok = true;
    for (char *slash = strchr(copy + 1, '/'); slash && ok; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        ok = mkdir(copy, 0700) == 0 || errno == EEXIST;
        if (!ok)
            error_set(err, "could not make the folder %s: %s", copy, strerror(errno));
        *slash = '/';
    }
    free(copy);
    return ok;
}

// Only its owner may read it; where it cannot be made SQLite says why.
static void make_file(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
}

static const char *advice(int code)
{
    switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
        return "; make room on its disk, or look what is wrong with it";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
        return "; make it and its folder writable, or name another with --journal FILE";
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return "; it is no journal or was damaged: move it away, or name another with --journal "
               "FILE";
    default:
        return "";
    }
}

static bool fail(struct store *s, struct error *err)
{
    return error_set(err, "the journal %s cannot be used: %s%s", s->path, sqlite3_errmsg(s->db),
                     advice(sqlite3_errcode(s->db)));
}

static bool execute(struct store *s, const char *sql, struct error *err)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK || fail(s, err);
}

static int read_version(void *version, int columns, char **texts, char **names)
{
    (void)columns;
    (void)names;
    *(int *)version = texts[0] ? atoi(texts[0]) : 0;
    return 0;
}

static bool make_tables(struct store *s, struct error *err)
{
    char version[64];
    snprintf(version, sizeof version, "PRAGMA user_version=%d", VERSION);
    return execute(s, "BEGIN IMMEDIATE", err) && execute(s, schema, err) &&
           execute(s, version, err) && execute(s, "COMMIT", err);
}

// Where two make the journal at the same instant SQLite does not wait by itself.
static bool enter_wal(struct store *s, struct error *err)
{
    static const int pause_ms = 10;
    int code = SQLITE_BUSY;
    for (int waited = 0; code == SQLITE_BUSY && waited < BUSY_MS; waited += pause_ms) {
        code = sqlite3_exec(s->db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
        if (code == SQLITE_BUSY)
            sqlite3_sleep(pause_ms);
    }
    return code == SQLITE_OK || fail(s, err);
}

// A journal that has its tables is not written to, so that one on a read-only disk can be read.
static bool prepare_file(struct store *s, struct error *err)
{
    int version = 0;
    sqlite3_busy_timeout(s->db, BUSY_MS);
    if (sqlite3_exec(s->db, "PRAGMA user_version", read_version, &version, NULL))
        return fail(s, err);
    if (version > VERSION)
        return error_set(err, "the journal %s was made by a newer runbook (format %d)", s->path,
                         version);
    // In WAL mode NORMAL leaves a commit to the operating system, which keeps it when the process
    // dies; FULL waits for the disk.
    s->reads = version == VERSION;
    return (s->reads || (enter_wal(s, err) && make_tables(s, err))) &&
           execute(s, "PRAGMA synchronous=NORMAL", err);
}

struct store *store_open(const char *path, struct error *err)
{
    struct store *s = mem_alloc(sizeof *s);
    s->path = mem_dup(path);
    if (make_folders(path, err)) {
        make_file(path);
        if (sqlite3_open(path, &s->db) == SQLITE_OK ? prepare_file(s, err) : fail(s, err))
            return s;
    }
    store_close(s);
    return NULL;
}

struct store *store_open_read(const char *path, struct error *err)
{
    char uri[4096];
    if (access(path, W_OK) == 0 || access(path, R_OK) != 0)
        return store_open(path, err);
    struct store *s = mem_alloc(sizeof *s);
    s->path = mem_dup(path);
    // Without a WAL, which is gone when nobody has the journal open, nothing need be made beside
    // it.
    snprintf(uri, sizeof uri, "file:%s-wal", path);
    bool whole = access(uri + 5, F_OK) != 0;
    snprintf(uri, sizeof uri, "file:%s%s", path, whole ? "?immutable=1" : "");
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
    if (sqlite3_open_v2(uri, &s->db, flags, NULL) == SQLITE_OK ? prepare_file(s, err)
                                                               : fail(s, err))
        return s;
    store_close(s);
    return NULL;
}

// A journal that was only read, or keeps what a run has read, is closed without moving the WAL into
// it: that would wait for the disk four times, to keep what nobody would miss. While the WAL is
// small, for whoever comes next reads it.
static void leave_wal(struct store *s)
{
    char path[4096];
    struct stat wal;
    snprintf(path, sizeof path, "%s-wal", s->path);
    if (s->reads && stat(path, &wal) == 0 && wal.st_size > 0 && wal.st_size < MOST_LEFT)
        sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

void store_close(struct store *s)
{
    if (s == NULL)
        return;
    leave_wal(s);
    for (size_t i = 0; i < s->count; i++)
        sqlite3_finalize(s->prepared[i].statement);
    sqlite3_close(s->db);
    free(s->path);
    free(s);
}

const char *store_path(const struct store *s)
{
    return s->path;
}

static sqlite3_stmt *prepare(struct store *s, const char *sql)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->prepared[i].sql == sql)
            return s->prepared[i].statement;
    sqlite3_stmt *statement = NULL;
    if (s->count == MOST_STATEMENTS ||
        sqlite3_prepare_v2(s->db, sql, -1, &statement, NULL) != SQLITE_OK)
        return NULL;
    s->prepared[s->count].sql = sql;
    s->prepared[s->count++].statement = statement;
    return statement;
}

static void bind_value(sqlite3_stmt *statement, int at, const struct value *v)
{
    struct buf text = {0};
    if (v == NULL)
        return;
    json_write(&text, v, JSON_CANONICAL);
    sqlite3_bind_text(statement, at, buf_text(&text), (int)text.len, SQLITE_TRANSIENT);
    buf_free(&text);
}

// The texts are the caller's for as long as the statement runs, so SQLite need not copy them.
static void bind(sqlite3_stmt *statement, const char *format, va_list args)
{
    for (int at = 1; *format; format++, at++) {
        size_t len;
        switch (*format) {
        case 't':
            sqlite3_bind_text(statement, at, va_arg(args, const char *), -1, SQLITE_STATIC);
            break;
        case 'i':
            sqlite3_bind_int64(statement, at, va_arg(args, int64_t));
            break;
        case 'v':
            bind_value(statement, at, va_arg(args, const struct value *));
            break;
        case 'b':
            len = va_arg(args, size_t);
            sqlite3_bind_text(statement, at, va_arg(args, const char *), (int)len, SQLITE_STATIC);
            break;
        }
    }
}

static bool each(struct store *s, bool (*fn)(sqlite3_stmt *, void *), void *arg, struct error *err,
                 const char *sql, const char *format, va_list args)
{
    sqlite3_stmt *statement = prepare(s, sql);
    if (statement == NULL)
        return fail(s, err);
    bind(statement, format, args);
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        if (fn && !fn(statement, arg))
            break;
    bool ok = code == SQLITE_ROW || code == SQLITE_DONE || fail(s, err);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return ok;
}

bool store_run(struct store *s, struct error *err, const char *sql, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool ok = each(s, NULL, NULL, err, sql, format, args);
    va_end(args);
    return ok;
}

bool store_each(struct store *s, bool (*fn)(sqlite3_stmt *row, void *arg), void *arg,
                struct error *err, const char *sql, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool ok = each(s, fn, arg, err, sql, format, args);
    va_end(args);
    return ok;
}

bool store_begin(struct store *s, bool durable, struct error *err)
{
    if (s->durable != durable &&
        !execute(s, durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL", err))
        return false;
    s->durable = durable;
    s->reads = s->reads && !durable;
    return store_run(s, err, "BEGIN IMMEDIATE", "");
}

bool store_commit(struct store *s, struct error *err)
{
    return store_run(s, err, "COMMIT", "");
}

void store_abandon(struct store *s)
{
    sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

const char *store_text(sqlite3_stmt *row, int column, struct arena *a)
{
    return arena_dup(a, (const char *)sqlite3_column_text(row, column));
}

struct value *store_value(sqlite3_stmt *row, int column, struct arena *a)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    return text ? json_parse(a, text, (size_t)sqlite3_column_bytes(row, column), NULL) : NULL;
}
