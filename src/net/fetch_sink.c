#include "net/fetch_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *size_format(uint64_t bytes, char *out, size_t size)
{
    const char *const units[] = {"kB", "MB", "GB", "TB"};
    if (bytes < 1024) {
        snprintf(out, size, "%" PRIu64 " byte%s", bytes, bytes == 1 ? "" : "s");
        return out;
    }
    double n = (double)bytes / 1024;
    int unit = 0;
    for (; n >= 1023.95 && unit < 3; unit++)
        n /= 1024;
    snprintf(out, size, "%.1f %s", n, units[unit]);
    return out;
}

static bool cannot_write(struct sink *s, const char *why)
{
    return error_set(&s->error, "cannot write '%s': %s", s->request->to_file, why);
}

// Where the file is: a link is followed, as for who judges what it leads to, and keeps its place.
static const char *place_of(struct arena *a, const char *file)
{
    char *real = realpath(file, NULL);
    const char *place = arena_dup(a, real ? real : file);
    free(real);
    return place;
}

bool sink_open(struct sink *s, struct arena *a, const struct fetch_request *request)
{
    static unsigned count;
    struct stat old;
    *s = (struct sink){.request = request, .fd = -1};
    if (!request->to_file)
        return true;
    s->file = place_of(a, request->to_file);
    bool there = stat(s->file, &old) == 0;
    if (there && !S_ISREG(old.st_mode))
        return cannot_write(s, "it is no file");
    do {
        s->part = arena_printf(a, "%s.part-%ld-%u", s->file, (long)getpid(), ++count);
        s->fd = open(s->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (s->fd < 0 && errno == EEXIST);
    if (s->fd >= 0 && (!there || fchmod(s->fd, old.st_mode & 0777) == 0))
        return true;
    if (s->fd < 0)
        s->part = NULL;
    return cannot_write(s, strerror(errno));
}

void sink_reset(struct sink *s)
{
    buf_clear(&s->memory);
    s->bytes = 0;
    s->ended = false;
    error_free(&s->error);
    if (s->fd >= 0 && (ftruncate(s->fd, 0) != 0 || lseek(s->fd, 0, SEEK_SET) != 0))
        cannot_write(s, strerror(errno));
}

static bool file_write(struct sink *s, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(s->fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cannot_write(s, strerror(errno));
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

bool sink_write(struct sink *s, enum sink_kind kind, const char *bytes, size_t len)
{
    size_t max = s->request->max_bytes;
    s->bytes += (int64_t)len;
    if (max && (uint64_t)s->bytes > max) {
        char size[32];
        s->too_large = true;
        return error_set(&s->error, "the answer is larger than %s",
                         size_format(max, size, sizeof size));
    }
    if (kind == SINK_FILE)
        return !error_is_set(&s->error) && file_write(s, bytes, len);
    if (kind == SINK_CALL) {
        s->ended = !s->request->on_data(bytes, len, s->request->data_arg);
        return !s->ended;
    }
    return buf_add(&s->memory, bytes, len);
}

// Has the folder on disk, and with it the file's name; who cannot, has the file all the same.
static void folder_sync(const char *file)
{
    char *name = mem_dup(file), *slash = strrchr(name, '/');
    if (slash)
        slash[slash == name] = '\0';
    int fd = open(slash ? name : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(name);
}

bool sink_keep(struct sink *s)
{
    if (s->fd < 0)
        return true;
    bool whole = fsync(s->fd) == 0;
    whole = close(s->fd) == 0 && whole;
    s->fd = -1;
    if (!whole || rename(s->part, s->file) != 0)
        return cannot_write(s, strerror(errno));
    s->part = NULL;
    folder_sync(s->file);
    return true;
}

void sink_close(struct sink *s)
{
    buf_free(&s->memory);
    error_free(&s->error);
    if (s->fd >= 0)
        close(s->fd);
    if (s->part)
        unlink(s->part);
    s->fd = -1;
    s->part = NULL;
}
