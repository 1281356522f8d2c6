#include "cli/lock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/json.h"
#include "base/person.h"
#include "base/shell.h"
#include "cli/lockdir.h"
#include "cli/say.h"
#include "engine/run.h"
#include "net/digest.h"
#include "record/history.h"

enum { LOOK_EVERY_MS = 200, LONGEST_NOTE = 8192, NOTE_WITHIN_MS = 2000 };
enum { MOST_TRIES = 1000 }; // at a file that is taken away as soon as it is locked
enum { NAMES = 2, MOST_FILES = LOCKDIRS * NAMES };

struct lock_file {
    const struct lockdir *dir;
    char name[320];
    int fd;
};

struct lock {
    struct lockdir dirs[LOCKDIRS];
    int dir_count;
    struct lock_file files[MOST_FILES]; // in the order in which everybody takes them
    int count;                          // that are held
};

// What the lock is taken for.
struct wish {
    const struct run *run;
    const char *journal; // in full; NULL: none
    int64_t until;       // steady clock, ms
    bool told, held;     // by another run, to the end
};

// The file of what is locked: the runbook's name with the target, or the run.
static void name_file(struct lock_file *f, const struct run *run, const char *target)
{
    unsigned char digest[DIGEST_SIZE];
    char hex[17] = "";
    if (target == NULL) {
        snprintf(f->name, sizeof f->name, "run-%s.lock", run->id);
        return;
    }
    digest_sha256(target, strlen(target), digest);
    digest_hex(digest, 8, hex);
    snprintf(f->name, sizeof f->name, "%.200s-%s.lock", run->outline.name, hex);
}

static struct value *read_holder(int fd, struct arena *a)
{
    char text[LONGEST_NOTE];
    ssize_t len = pread(fd, text, sizeof text, 0);
    return len > 0 ? json_parse(a, text, (size_t)len, NULL) : NULL;
}

static void write_holder(int fd, const struct wish *w)
{
    struct arena a = {0};
    struct buf text = {0};
    struct value *holder = value_object(&a);
    value_set(&a, holder, "run", value_string(&a, w->run->id));
    value_set(&a, holder, "pid", value_int(&a, getpid()));
    value_set(&a, holder, "host", value_string(&a, person_here().host));
    value_set(&a, holder, "since", value_int(&a, clock_wall()));
    value_set(&a, holder, "journal", value_string(&a, w->journal));
    json_write(&text, holder, JSON_CANONICAL);
    if (ftruncate(fd, 0) == 0 && pwrite(fd, text.data, text.len, 0) < 0)
        (void)fd; // the note is for people; the lock itself holds without it
    buf_free(&text);
    arena_free(&a);
}

// Who holds the lock. NULL while its note is not written yet, and still that of a dead one.
static const struct value *find_holder(int fd, struct arena *a)
{
    const struct value *holder = read_holder(fd, a);
    pid_t pid = (pid_t)value_get_int(holder, "pid", 0);
    bool gone = pid <= 0 || (kill(pid, 0) != 0 && errno == ESRCH);
    return gone ? NULL : holder;
}

static void say_holder(const struct value *holder, const struct run *run, char *out, size_t size)
{
    char since[32] = "an unknown time";
    time_t at = (time_t)(value_get_int(holder, "since", 0) / 1000);
    struct tm t;
    if (at && localtime_r(&at, &t))
        strftime(since, sizeof since, "%Y-%m-%d %H:%M:%S", &t);
    snprintf(out, size, "another run of %s is under way: %s, process %lld on %s, since %s",
             run->outline.name, holder ? value_get_text(holder, "run") : "an unknown one",
             (long long)value_get_int(holder, "pid", 0),
             holder ? value_get_text(holder, "host") : "this machine", since);
}

// Waits for the lock, and if it must not, for word of who has it.
static bool wait_for(int fd, struct wish *w, struct error *err)
{
    char text[512];
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return error_set(err,
                             "the folder for locks cannot lock (%s): name another with "
                             "RUNBOOK_LOCK_DIR",
                             strerror(errno));
        struct arena a = {0};
        const struct value *holder = find_holder(fd, &a);
        int64_t left = w->until - clock_steady();
        say_holder(holder, w->run, text, sizeof text);
        arena_free(&a);
        if (w->run->signal || (left <= 0 && (holder || left < -NOTE_WITHIN_MS))) {
            w->held = true;
            return error_set(err, "%s. Wait for it (--lock-timeout 10m), or stop it first", text);
        }
        if (holder && !w->told)
            say(w->run, "waiting, for %s", text);
        w->told |= holder != NULL;
        usleep((holder ? LOOK_EVERY_MS : 10) * 1000);
    }
    return true;
}

// Is the file still what its name leads to? Who gives a lock back removes it.
static bool is_in_place(const struct lock_file *f)
{
    struct stat ours, there;
    return fstat(f->fd, &ours) == 0 &&
           fstatat(f->dir->fd, f->name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
           ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

static bool take_file(struct lock_file *f, struct wish *w, struct error *err)
{
    for (int i = 0; i < MOST_TRIES; i++) {
        f->fd = openat(f->dir->fd, f->name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (f->fd < 0)
            return error_set(err, "could not make the lock %s/%s: %s", f->dir->path, f->name,
                             strerror(errno));
        bool ok = wait_for(f->fd, w, err);
        if (ok && is_in_place(f))
            return true;
        close(f->fd);
        if (!ok)
            return false;
    }
    return error_set(err,
                     "the lock %s/%s is removed again and again: see who cleans that folder up",
                     f->dir->path, f->name);
}

// How many changes of the run, which is dead, are in doubt; 0 also where nobody can tell.
static int64_t count_doubts(const char *run, const char *journal)
{
    error_local(err);
    int64_t count = 0;
    struct store *store = *journal ? store_open_read(journal, &err) : NULL;
    if (store)
        history_count_doubts(store, run, &count, &err);
    store_close(store);
    return count;
}

static void say_dead(const struct wish *w, const char *run, const char *journal)
{
    struct buf option = {0};
    const int64_t doubts = count_doubts(run, journal);
    const char *again = w->run->past ? "goes on" : "begins anew";
    if (w->journal == NULL || strcmp(journal, w->journal) != 0) {
        buf_puts(&option, " --journal");
        shell_word(&option, journal);
    }
    if (*journal == '\0')
        say(w->run, "taking over the lock of run %s, whose process is gone; it kept no journal",
            run);
    else if (doubts)
        say(w->run,
            "taking over the lock of run %s, whose process is gone and which has %lld write%s in "
            "doubt: `runbook resume %s%s` settles %s; this run %s all the same",
            run, (long long)doubts, doubts == 1 ? "" : "s", run, buf_text(&option),
            doubts == 1 ? "it" : "them", again);
    else
        say(w->run,
            "taking over the lock of run %s, whose process is gone; `runbook show %s%s` says how "
            "far it came",
            run, run, buf_text(&option));
    buf_free(&option);
}

// A run that ends takes its note away; this one did not.
static void take_over(const struct lock_file *f, const struct wish *w, char dead[64])
{
    struct arena a = {0};
    const struct value *before = read_holder(f->fd, &a);
    const char *run = value_get_text(before, "run"), *journal = value_get_text(before, "journal");
    if (*run && strcmp(run, w->run->id) != 0 && *dead == '\0') {
        snprintf(dead, 64, "%s", run);
        say_dead(w, dead, journal);
    }
    arena_free(&a);
    write_holder(f->fd, w);
}

static bool take_all(struct lock *l, const char *target, struct wish *w, char dead[64],
                     struct error *err)
{
    for (int n = 0; n < NAMES; n++)
        for (int d = 0; d < l->dir_count; d++) {
            struct lock_file *f = &l->files[l->count];
            f->dir = &l->dirs[d];
            name_file(f, w->run, n ? NULL : target);
            if (!take_file(f, w, err))
                return false;
            l->count++;
            take_over(f, w, dead);
        }
    assert(l->count == NAMES * l->dir_count);
    return true;
}

struct lock *lock_take(const struct run *run, const char *target, const char *journal,
                       int64_t timeout_ms, char dead[64], bool *held, struct error *err)
{
    struct lock *l = mem_alloc(sizeof *l);
    char *full = journal ? realpath(journal, NULL) : NULL;
    struct wish w = {
        .run = run, .journal = full ? full : journal, .until = clock_steady() + timeout_ms};
    dead[0] = '\0';
    l->dir_count = lockdirs_open(l->dirs, err);
    bool ok = l->dir_count >= 0;
    if (!ok)
        l->dir_count = 0;
    ok = ok && take_all(l, target, &w, dead, err);
    *held = w.held;
    free(full);
    if (ok)
        return l;
    lock_release(l);
    return NULL;
}

void lock_release(struct lock *l)
{
    if (l == NULL)
        return;
    while (l->count > 0) {
        const struct lock_file *f = &l->files[--l->count];
        // Where it cannot be removed the next run will think that this one died; no harm is done.
        if (is_in_place(f) && ftruncate(f->fd, 0) == 0)
            unlinkat(f->dir->fd, f->name, 0);
        close(f->fd);
    }
    lockdirs_close(l->dirs, l->dir_count);
    free(l);
}
