#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool read_all(int fd, const char *path, struct buf *out, struct error *err)
{
    char block[16384];
    for (;;) {
        ssize_t n = read(fd, block, sizeof block);
        if (n == 0)
            return true;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set(err, "could not read %s: %s", path, strerror(errno));
        if (!buf_add(out, block, (size_t)n))
            return error_set(err, "%s is larger than %zu bytes, which is more than is read", path,
                             out->max);
    }
}

bool file_read(const char *path, struct buf *out, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(err, "could not open %s: %s", path, strerror(errno));
    bool ok = read_all(fd, path, out, err);
    close(fd);
    return ok;
}

static bool write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        text += n;
        len -= (size_t)n;
    }
    return fsync(fd) == 0 || errno == EINVAL ||
           errno == EROFS; // a pipe or terminal has nothing to sync
}

// Fills the open file and closes it. False, with errno set, when any of it failed.
static bool fill_and_close(int fd, const char *text, size_t len)
{
    bool ok = write_all(fd, text, len);
    int why = errno;
    if (close(fd) != 0 && ok)
        return false;
    errno = why;
    return ok;
}

enum way { WAY_BESIDE, WAY_IN_PLACE, WAY_OUTPUT };

// Where a path leads to, and how what is there is written.
struct place {
    enum way way;
    char path[PATH_MAX];
    mode_t mode; // of WAY_BESIDE
    int fd;      // of WAY_OUTPUT: open already
};

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

// Is it our own output, by whatever name? Then it has a position to go on from, and a socket could
// not even be opened anew.
static bool is_output(const struct stat *there, int *fd)
{
    struct stat is;
    for (*fd = STDOUT_FILENO; *fd <= STDERR_FILENO; ++*fd)
        if (fstat(*fd, &is) == 0 && is_same(there, &is))
            return true;
    return false;
}

// Follows links as far as they lead, also to what is not there yet. False with errno set.
static bool follow(char path[PATH_MAX])
{
    enum { MOST = 40 };
    for (int i = 0; i < MOST; i++) {
        char to[PATH_MAX], at[PATH_MAX];
        ssize_t len = readlink(path, to, sizeof to);
        if (len < 0)
            return errno == EINVAL || errno == ENOENT; // it is no link
        const char *slash = *to == '/' ? NULL : strrchr(path, '/');
        if (snprintf(at, sizeof at, "%.*s%.*s", slash ? (int)(slash + 1 - path) : 0, path, (int)len,
                     to) >= (int)sizeof at) {
            errno = ENAMETOOLONG;
            return false;
        }
        memcpy(path, at, sizeof at);
    }
    errno = ELOOP;
    return false;
}

// False, with errno set, when the path leads nowhere.
static bool find_place(const char *path, struct place *p)
{
    struct stat is;
    bool there = stat(path, &is) == 0;
    *p = (struct place){.way = WAY_BESIDE, .mode = there ? is.st_mode & 0777 : 0644};
    if (there && is_output(&is, &p->fd))
        p->way = WAY_OUTPUT;
    else if (there && !S_ISREG(is.st_mode))
        p->way = WAY_IN_PLACE;
    if (snprintf(p->path, sizeof p->path, "%s", path) >= (int)sizeof p->path) {
        errno = ENAMETOOLONG;
        return false;
    }
    return p->way != WAY_BESIDE || follow(p->path);
}

// Into what is no file, and so is there.
static bool write_in_place(const char *path, const char *text, size_t len)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return fd >= 0 && fill_and_close(fd, text, len);
}

static bool write_output(int fd, const char *text, size_t len)
{
    return fflush(fd == STDOUT_FILENO ? stdout : stderr) == 0 && write_all(fd, text, len);
}

// Opens a new file next to the path. Returns its file descriptor, or -1 with errno set.
static int open_beside(const char *path, const char *ending, mode_t mode, char *beside, size_t size)
{
    static unsigned count;
    int fd;
    do {
        if (snprintf(beside, size, "%s.%d-%u.%s", path, (int)getpid(), ++count, ending) >=
            (int)size) {
            errno = ENAMETOOLONG;
            return -1;
        }
        fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    } while (fd < 0 && errno == EEXIST);
    return fd;
}

static bool write_beside(const struct place *p, const char *text, size_t len)
{
    char beside[PATH_MAX];
    int fd = open_beside(p->path, "part", p->mode, beside, sizeof beside);
    if (fd < 0)
        return false;
    bool ok = fill_and_close(fd, text, len) && rename(beside, p->path) == 0;
    int why = errno;
    if (!ok)
        unlink(beside);
    errno = why;
    return ok;
}

bool file_write(const char *path, const char *text, size_t len, struct error *err)
{
    struct place p;
    bool ok = find_place(path, &p);
    if (ok && p.way == WAY_BESIDE)
        ok = write_beside(&p, text, len);
    else if (ok && p.way == WAY_OUTPUT)
        ok = write_output(p.fd, text, len);
    else if (ok)
        ok = write_in_place(p.path, text, len);
    return ok || error_set(err, "could not write %s: %s", path, strerror(errno));
}

bool file_may_write(const char *path, struct error *err)
{
    struct place p;
    struct stat is;
    char beside[PATH_MAX];
    if (stat(path, &is) == 0 && S_ISDIR(is.st_mode))
        return error_set(err, "it is a folder; name a file in it");
    bool ok = find_place(path, &p);
    if (ok && p.way == WAY_IN_PLACE)
        ok = access(path, W_OK) == 0;
    if (ok && p.way == WAY_BESIDE) {
        int fd = open_beside(p.path, "probe", 0600, beside, sizeof beside);
        ok = fd >= 0 && unlink(beside) == 0;
        if (fd >= 0)
            close(fd);
    }
    return ok || error_set(err, "%s; choose another place", strerror(errno));
}

bool file_stays(const char *path)
{
    struct place p;
    return find_place(path, &p) && p.way == WAY_BESIDE;
}
