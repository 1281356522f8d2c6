#include "cli/lockdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char advice[] = "name a folder that is yours alone with RUNBOOK_LOCK_DIR, the same "
                             "one for all your runs";

// Nobody but this user can make, move or remove anything in it.
static bool is_ours_alone(const struct stat *st)
{
    return S_ISDIR(st->st_mode) && st->st_uid == geteuid() && (st->st_mode & 077) == 0;
}

static bool judge(const struct lockdir *dir, struct error *err)
{
    struct stat st;
    if (fstat(dir->fd, &st) != 0)
        return error_set(err, "could not look at %s: %s", dir->path, strerror(errno));
    if (is_ours_alone(&st))
        return true;
    if (st.st_uid != geteuid())
        return error_set(
            err,
            "the folder for locks, %s, belongs to somebody else (user %lld), so nothing "
            "there can be relied on: have it removed, or %s",
            dir->path, (long long)st.st_uid, advice);
    return error_set(err,
                     "the folder for locks, %s, can be entered by others (mode %o): if nobody has "
                     "tampered with it, chmod 700 %s; or %s",
                     dir->path, (unsigned)(st.st_mode & 07777), dir->path, advice);
}

// Makes and opens dir->path. No link is followed at its end: who put it there could point it
// elsewhere at any time.
static bool open_folder(struct lockdir *dir, struct error *err)
{
    dir->fd = -1;
    for (size_t len = strlen(dir->path); len > 1 && dir->path[len - 1] == '/'; len--)
        dir->path[len - 1] = '\0'; // behind a slash a link would be followed
    if (mkdir(dir->path, 0700) != 0 && errno != EEXIST)
        return error_set(err, "could not make the folder for locks, %s: %s; %s", dir->path,
                         strerror(errno), advice);
    dir->fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir->fd < 0)
        return error_set(err, "could not open the folder for locks, %s: %s; %s", dir->path,
                         errno == ENOTDIR || errno == ELOOP ? "it is a link or no folder, and was "
                                                              "not put there by runbook"
                                                            : strerror(errno),
                         advice);
    if (judge(dir, err))
        return true;
    close(dir->fd);
    return false;
}

// Opens the folder beneath `parent`, which is named `what` in messages.
static bool open_named(struct lockdir *dir, const char *what, const char *parent, const char *name,
                       struct error *err)
{
    int len = snprintf(dir->path, sizeof dir->path, "%s%s", parent, name);
    if (len >= (int)sizeof dir->path)
        return error_set(err, "%s is longer than %d bytes: name a shorter one", what,
                         LOCKDIR_PATH - 1);
    return open_folder(dir, err);
}

// Is it what the specification asks for: absolute, this user's and nobody else's? `sudo` may leave
// that of another user in place.
static bool is_safe(const char *runtime)
{
    struct stat st;
    return runtime && *runtime == '/' && stat(runtime, &st) == 0 && is_ours_alone(&st);
}

static bool is_systems(const char *runtime)
{
    char path[64];
    struct stat theirs, given;
    snprintf(path, sizeof path, "/run/user/%lld", (long long)geteuid());
    return stat(path, &theirs) == 0 && stat(runtime, &given) == 0 &&
           theirs.st_dev == given.st_dev && theirs.st_ino == given.st_ino;
}

int lockdirs_open(struct lockdir dirs[LOCKDIRS], struct error *err)
{
    const char *chosen = getenv("RUNBOOK_LOCK_DIR"), *runtime = getenv("XDG_RUNTIME_DIR");
    char own[64];
    int count = 0;
    if (chosen && *chosen) {
        if (*chosen != '/') {
            error_set(err, "RUNBOOK_LOCK_DIR must be a full path, not '%s'", chosen);
            return -1;
        }
        return open_named(&dirs[0], "RUNBOOK_LOCK_DIR", chosen, "", err) ? 1 : -1;
    }
    if (is_safe(runtime)) {
        if (!open_named(&dirs[count++], "XDG_RUNTIME_DIR", runtime, "/runbook", err))
            return -1;
        if (!is_systems(runtime))
            return count;
    }
    snprintf(own, sizeof own, "/tmp/runbook-%lld", (long long)geteuid());
    if (open_named(&dirs[count], "the folder", own, "", err))
        return count + 1;
    lockdirs_close(dirs, count);
    return -1;
}

void lockdirs_close(struct lockdir *dirs, int count)
{
    for (int i = 0; i < count; i++)
        close(dirs[i].fd);
}
