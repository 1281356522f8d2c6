#include "record/spare.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

// Most is for a rollback of some fifty effects; SQLite takes about 12 KB for each of its rows.
enum { MOST = 1024 * 1024, LEAST = 64 * 1024, PATH_SIZE = 4096 };

static bool reserve_path(const char *path, char out[PATH_SIZE])
{
    return snprintf(out, PATH_SIZE, "%s-reserve", path) < PATH_SIZE;
}

static bool note_path(const char *path, const char *id, char out[PATH_SIZE])
{
    return snprintf(out, PATH_SIZE, "%s-rollback-%s", path, id) < PATH_SIZE;
}

void spare_set_aside(const char *path)
{
    char name[PATH_SIZE];
    struct stat there;
    if (!reserve_path(path, name) || (stat(name, &there) == 0 && there.st_size >= MOST))
        return;
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return;
    bool had = false;
    for (off_t size = MOST; size >= LEAST && !had; size /= 2)
        had = posix_fallocate(fd, 0, size) == 0;
    close(fd);
    if (!had)
        unlink(name);
}

bool spare_give_way(const char *path)
{
    char name[PATH_SIZE];
    return reserve_path(path, name) && unlink(name) == 0;
}

bool spare_note_rollback(const char *path, const char *id)
{
    char name[PATH_SIZE];
    int fd = note_path(path, id, name)
                 ? open(name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)
                 : -1;
    return fd >= 0 && close(fd) == 0;
}

bool spare_notes_rollback(const char *path, const char *id)
{
    char name[PATH_SIZE];
    return note_path(path, id, name) && access(name, F_OK) == 0;
}

void spare_forget_rollback(const char *path, const char *id)
{
    char name[PATH_SIZE];
    if (note_path(path, id, name))
        unlink(name);
}
