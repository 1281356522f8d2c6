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

// A device, a pipe, or what a link names that is not there yet.
static bool write_in_place(const char *path, const char *text, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0644);
    return fd >= 0 && fill_and_close(fd, text, len);
}

static bool write_beside(const char *path, const char *text, size_t len)
{
    char beside[PATH_MAX];
    if (snprintf(beside, sizeof beside, "%s.%d.part", path, (int)getpid()) >= (int)sizeof beside) {
        errno = ENAMETOOLONG;
        return false;
    }
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return false;
    bool ok = fill_and_close(fd, text, len) && rename(beside, path) == 0;
    int why = errno;
    if (!ok)
        unlink(beside);
    errno = why;
    return ok;
}

bool file_write(const char *path, const char *text, size_t len, struct error *err)
{
    char real[PATH_MAX];
    struct stat is;
    bool there = stat(path, &is) == 0, link = lstat(path, &is) == 0 && S_ISLNK(is.st_mode);
    bool plain = there && stat(path, &is) == 0 && S_ISREG(is.st_mode), ok;
    if (link && plain) // what the link leads to is replaced, not the link
        ok = realpath(path, real) && write_beside(real, text, len);
    else if (plain || (!there && !link))
        ok = write_beside(path, text, len);
    else
        ok = write_in_place(path, text, len);
    return ok || error_set(err, "could not write %s: %s", path, strerror(errno));
}
