#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
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

bool file_write(const char *path, const char *text, size_t len, struct error *err)
{
    char beside[4096];
    if (snprintf(beside, sizeof beside, "%s.%d.part", path, (int)getpid()) >= (int)sizeof beside)
        return error_set(err, "could not write %s: the path is too long", path);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return error_set(err, "could not write %s: %s", path, strerror(errno));
    bool ok = write_all(fd, text, len);
    int why = errno;
    if (close(fd) != 0 && ok) {
        ok = false;
        why = errno;
    }
    if (ok && rename(beside, path) != 0) {
        ok = false;
        why = errno;
    }
    if (!ok) {
        unlink(beside);
        return error_set(err, "could not write %s: %s", path, strerror(why));
    }
    return true;
}
