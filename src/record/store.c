#include "record/store.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "record/store_file.h"

enum { MOST_STATEMENTS = 48 };

struct store {
    struct store_file file;
    bool durable; // what a commit waits for
    struct {
        const char *sql; // a literal: compared by address
        sqlite3_stmt *statement;
    } prepared[MOST_STATEMENTS];
    size_t count;
};

static struct store *open_by(bool (*open)(struct store_file *, const char *, struct error *),
                             const char *path, struct error *err)
{
    struct store *s = mem_alloc(sizeof *s);
    if (open(&s->file, path, err))
        return s;
    store_close(s);
    return NULL;
}

struct store *store_open(const char *path, struct error *err)
{
    return open_by(store_file_open, path, err);
}

struct store *store_open_read(const char *path, struct error *err)
{
    return open_by(store_file_open_read, path, err);
}

void store_close(struct store *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->count; i++)
        sqlite3_finalize(s->prepared[i].statement);
    store_file_close(&s->file);
    free(s);
}

const char *store_path(const struct store *s)
{
    return s->file.path;
}

static sqlite3_stmt *prepare(struct store *s, const char *sql)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->prepared[i].sql == sql)
            return s->prepared[i].statement;
    sqlite3_stmt *statement = NULL;
    if (s->count == MOST_STATEMENTS ||
        sqlite3_prepare_v2(s->file.db, sql, -1, &statement, NULL) != SQLITE_OK)
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
        return store_file_fail(&s->file, err);
    bind(statement, format, args);
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        if (fn && !fn(statement, arg))
            break;
    bool ok = code == SQLITE_ROW || code == SQLITE_DONE || store_file_fail(&s->file, err);
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
        !store_file_execute(&s->file,
                            durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL", err))
        return false;
    s->durable = durable;
    s->file.reads = s->file.reads && !durable;
    return store_run(s, err, "BEGIN IMMEDIATE", "");
}

bool store_commit(struct store *s, struct error *err)
{
    return store_run(s, err, "COMMIT", "");
}

void store_abandon(struct store *s)
{
    sqlite3_exec(s->file.db, "ROLLBACK", NULL, NULL, NULL);
}

bool store_lacks_room(const struct store *s)
{
    int code = sqlite3_errcode(s->file.db) & 0xff;
    return code == SQLITE_FULL || code == SQLITE_IOERR;
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
