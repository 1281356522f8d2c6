#include "record/store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "record/store_format.h"

enum { BUSY_MS = 10000, MOST_LEFT = 1024 * 1024 };

char *store_file_default(void)
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

static bool is_beside(const struct store_file *f, const char *ending)
{
    char path[4096];
    snprintf(path, sizeof path, "%s%s", f->path, ending);
    return access(path, F_OK) == 0;
}

// SQLite reads no WAL without a -shm beside it, which it makes where it may.
static bool lacks_shm(const struct store_file *f)
{
    return access(f->path, R_OK) == 0 && is_beside(f, "-wal") && !is_beside(f, "-shm");
}

static const char *advice(const struct store_file *f, int code)
{
    switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
        return "; make room on its disk, or look what is wrong with it";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
        if (lacks_shm(f))
            return "; it has a -wal beside it and lacks the -shm, which cannot be made there: copy "
                   "it "
                   "and its -wal to a folder that is writable, and name that with --journal FILE";
        return "; make it and its folder writable, or name another with --journal FILE";
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return "; it is no journal or was damaged: move it away, or name another with --journal "
               "FILE";
    default:
        return "";
    }
}

bool store_file_fail(const struct store_file *f, struct error *err)
{
    return error_set(err, "the journal %s cannot be used: %s%s", f->path, sqlite3_errmsg(f->db),
                     advice(f, sqlite3_errcode(f->db)));
}

bool store_file_execute(struct store_file *f, const char *sql, struct error *err)
{
    return sqlite3_exec(f->db, sql, NULL, NULL, NULL) == SQLITE_OK || store_file_fail(f, err);
}

static bool prepare_file(struct store_file *f, bool read_only, struct error *err)
{
    sqlite3_busy_timeout(f->db, BUSY_MS);
    // In WAL mode NORMAL leaves a commit to the operating system, which keeps it when the process
    // dies; FULL waits for the disk.
    return store_format_update(f, read_only, err) &&
           store_file_execute(f, "PRAGMA synchronous=NORMAL", err);
}

static bool open_file(struct store_file *f, const char *path, bool read_only, struct error *err)
{
    *f = (struct store_file){.path = mem_dup(path)};
    if (!make_folders(path, err))
        return false;
    make_file(path);
    return sqlite3_open(path, &f->db) == SQLITE_OK ? prepare_file(f, read_only, err)
                                                   : store_file_fail(f, err);
}

bool store_file_open(struct store_file *f, const char *path, struct error *err)
{
    return open_file(f, path, false, err);
}

// A file as SQLite's URI names it (https://www.sqlite.org/uri.html, 3.1).
static void put_uri(struct buf *uri, const char *path)
{
    buf_puts(uri, "file:");
    for (; *path; path++)
        if (strchr("?#%", *path))
            buf_printf(uri, "%%%02x", (unsigned char)*path);
        else
            buf_putc(uri, *path);
}

bool store_file_open_read(struct store_file *f, const char *path, struct error *err)
{
    if (access(path, W_OK) == 0 || access(path, R_OK) != 0)
        return open_file(f, path, true, err);
    *f = (struct store_file){.path = mem_dup(path)};
    struct buf uri = {0};
    put_uri(&uri, path);
    if (!is_beside(f, "-wal"))
        buf_puts(&uri, "?immutable=1"); // it is whole: nothing need be made beside it
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
    bool ok = sqlite3_open_v2(buf_text(&uri), &f->db, flags, NULL) == SQLITE_OK;
    buf_free(&uri);
    return ok ? prepare_file(f, true, err) : store_file_fail(f, err);
}

// While the WAL is small, for whoever comes next reads it.
static bool may_leave_wal(const struct store_file *f)
{
    char path[4096];
    struct stat wal;
    snprintf(path, sizeof path, "%s-wal", f->path);
    return f->reads && stat(path, &wal) == 0 && wal.st_size > 0 && wal.st_size < MOST_LEFT;
}

void store_file_close(struct store_file *f)
{
    if (f->db && may_leave_wal(f))
        sqlite3_db_config(f->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_close(f->db);
    free(f->path);
}
