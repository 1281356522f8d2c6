#include "net/fetch_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
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

bool sink_open(struct sink *s, struct arena *a, const struct fetch_request *request)
{
    static unsigned count;
    *s = (struct sink){.request = request, .fd = -1};
    if (!request->to_file)
        return true;
    do {
        s->part = arena_printf(a, "%s.part-%ld-%u", request->to_file, (long)getpid(), ++count);
        s->fd = open(s->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (s->fd < 0 && errno == EEXIST);
    if (s->fd >= 0)
        return true;
    s->part = NULL;
    return error_set(&s->error, "cannot write '%s': %s", request->to_file, strerror(errno));
}

void sink_reset(struct sink *s)
{
    buf_clear(&s->memory);
    s->bytes = 0;
    s->ended = false;
    error_free(&s->error);
    if (s->fd >= 0 && (ftruncate(s->fd, 0) != 0 || lseek(s->fd, 0, SEEK_SET) != 0))
        error_set(&s->error, "cannot write '%s': %s", s->request->to_file, strerror(errno));
}

static bool file_write(struct sink *s, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(s->fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set(&s->error, "cannot write '%s': %s", s->request->to_file,
                             strerror(errno));
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

bool sink_keep(struct sink *s)
{
    if (s->fd < 0)
        return true;
    int closed = close(s->fd);
    s->fd = -1;
    if (closed != 0 || rename(s->part, s->request->to_file) != 0)
        return error_set(&s->error, "cannot write '%s': %s", s->request->to_file, strerror(errno));
    s->part = NULL;
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
