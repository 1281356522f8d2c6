#include "cli/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/json.h"
#include "base/person.h"
#include "engine/run.h"
#include "net/digest.h"

enum { LOOK_EVERY_MS = 200, LONGEST_NOTE = 1024, NOTE_WITHIN_MS = 2000 };

// The lock's file beside the journal, named by what is locked.
static void lock_path(const char *journal_path, const char *name, const char *target, char *out,
                      size_t size)
{
    unsigned char digest[DIGEST_SIZE];
    char hex[17] = "";
    digest_sha256(target, strlen(target), digest);
    digest_hex(digest, 8, hex);
    const char *slash = strrchr(journal_path, '/');
    snprintf(out, size, "%.*s%s-%s.lock", slash ? (int)(slash - journal_path + 1) : 0, journal_path,
             name, hex);
}

static struct value *read_holder(int fd, struct arena *a)
{
    char text[LONGEST_NOTE];
    ssize_t len = pread(fd, text, sizeof text, 0);
    return len > 0 ? json_parse(a, text, (size_t)len, NULL) : NULL;
}

static void write_holder(int fd, const struct run *run)
{
    struct arena a = {0};
    struct buf text = {0};
    struct value *holder = value_object(&a);
    value_set(&a, holder, "run", value_string(&a, run->id));
    value_set(&a, holder, "pid", value_int(&a, getpid()));
    value_set(&a, holder, "host", value_string(&a, person_here().host));
    value_set(&a, holder, "since", value_int(&a, clock_wall()));
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
static bool take(int fd, const struct run *run, int64_t timeout_ms, struct error *err)
{
    int64_t until = clock_steady() + timeout_ms;
    bool told = false;
    char text[512];
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        struct arena a = {0};
        const struct value *holder = find_holder(fd, &a);
        int64_t left = until - clock_steady();
        say_holder(holder, run, text, sizeof text);
        arena_free(&a);
        if (run->signal || (left <= 0 && (holder || left < -NOTE_WITHIN_MS)))
            return error_set(err, "%s. Wait for it (--lock-timeout 10m), or stop it first", text);
        if (holder && !told)
            fprintf(stderr, "runbook: waiting, for %s\n", text);
        told |= holder != NULL;
        usleep((holder ? LOOK_EVERY_MS : 10) * 1000);
    }
    return true;
}

int lock_take(const char *journal_path, const char *target, const struct run *run,
              int64_t timeout_ms, char took_over[64], struct error *err)
{
    char path[4096];
    took_over[0] = '\0';
    lock_path(journal_path, run->outline.name, target, path, sizeof path);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        error_set(err, "could not make the lock %s: %s", path, strerror(errno));
        return -1;
    }
    if (!take(fd, run, timeout_ms, err)) {
        close(fd);
        return -1;
    }
    struct arena a = {0};
    const char *before = value_get_text(read_holder(fd, &a), "run");
    if (strcmp(before, run->id) != 0)
        snprintf(took_over, 64, "%s",
                 before); // a run that ends gives its note back; this one did not
    arena_free(&a);
    write_holder(fd, run);
    return fd;
}

void lock_release(int lock)
{
    if (lock < 0)
        return;
    if (ftruncate(lock, 0) != 0)
        (void)lock; // then the next run will think that this one died; no harm is done
    close(lock);
}
