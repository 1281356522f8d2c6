#include "net/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/person.h"
#include "net/mark.h"

enum { LONGEST_STAT = 1024, LONGEST_PATH = 512 };
enum { MOST_BLOCKS = 1024 }; // at a time: it may say more than anybody can read

// Of a line of proc(5), /proc/PID/stat.
struct facts {
    pid_t pid, group, session;
    int64_t started;
    bool alive;
};

// What stands at the beginning of a small file; false when it cannot be read.
static bool read_start(const char *path, char *out, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, out, size - 1);
    close(fd);
    out[n > 0 ? n : 0] = '\0';
    return n > 0;
}

// The name is in brackets, and may hold any.
static bool read_facts(const char *proc, pid_t pid, struct facts *f)
{
    char path[LONGEST_PATH], line[LONGEST_STAT];
    snprintf(path, sizeof path, "%s/%d/stat", proc, (int)pid);
    char *at = read_start(path, line, sizeof line) ? strrchr(line, ')') : NULL;
    if (at == NULL || at[1] != ' ' || at[2] == '\0')
        return false;
    char state = at[2];
    int64_t field[23] = {0};
    at += 3;
    for (int i = 4; i <= 22; i++) {
        char *end;
        field[i] = strtoll(at, &end, 10);
        if (end == at)
            return false;
        at = end;
    }
    // Where its first thread has ended and others work it looks dead, and has several.
    *f = (struct facts){.pid = pid,
                        .group = (pid_t)field[5],
                        .session = (pid_t)field[6],
                        .started = field[22],
                        .alive = !strchr("ZXx", state) || field[20] > 1};
    return true;
}

static bool read_boot(const char *proc, char *out, size_t size)
{
    char path[LONGEST_PATH];
    snprintf(path, sizeof path, "%s/sys/kernel/random/boot_id", proc);
    if (!read_start(path, out, size))
        return false;
    out[strcspn(out, "\n")] = '\0';
    return true;
}

// Numbers of processes mean something inside of it alone.
static bool read_namespace(const char *proc, char *out, size_t size)
{
    char path[LONGEST_PATH];
    snprintf(path, sizeof path, "%s/self/ns/pid", proc);
    ssize_t n = readlink(path, out, size - 1);
    out[n > 0 ? n : 0] = '\0';
    return n > 0;
}

// The number of the pipe that is the process's stream of that number; 0 for none.
static int64_t pipe_of(const char *proc, pid_t pid, int stream)
{
    char path[LONGEST_PATH];
    struct stat st;
    snprintf(path, sizeof path, "%s/%d/fd/%d", proc, (int)pid, stream);
    return stat(path, &st) == 0 && S_ISFIFO(st.st_mode) ? (int64_t)st.st_ino : 0;
}

struct value *process_describe(struct arena *a, const char *proc, pid_t pid, const char *mark)
{
    struct facts f = {.group = pid, .started = -1};
    char boot[64] = "", space[64] = "";
    struct value *v = value_object(a);
    read_facts(proc, pid, &f);
    read_boot(proc, boot, sizeof boot);
    read_namespace(proc, space, sizeof space);
    value_set(a, v, "pid", value_int(a, pid));
    value_set(a, v, "group", value_int(a, f.group));
    value_set(a, v, "session", value_int(a, f.session));
    value_set(a, v, "started", value_int(a, f.started));
    value_set(a, v, "boot", value_string(a, boot));
    value_set(a, v, "namespace", value_string(a, space));
    value_set(a, v, "host", value_string(a, person_here().host));
    value_set(a, v, "out", value_int(a, pipe_of(proc, pid, STDOUT_FILENO)));
    value_set(a, v, "err", value_int(a, pipe_of(proc, pid, STDERR_FILENO)));
    value_set(a, v, "mark", value_string(a, mark));
    return v;
}

static struct facts leader_of(const struct value *process)
{
    return (struct facts){.pid = (pid_t)value_get_int(process, "pid", 0),
                          .group = (pid_t)value_get_int(process, "group", 0),
                          .session = (pid_t)value_get_int(process, "session", 0),
                          .started = value_get_int(process, "started", -1)};
}

// Is `f` the leader, or what it has left in its group? The group's number is nobody else's while
// any of it lives, and none of it began before the leader.
static bool is_of_group(const struct facts *f, const struct facts *leader)
{
    if (f->pid == leader->pid)
        return f->started == leader->started;
    return f->group == leader->group && f->session == leader->session &&
           f->started >= leader->started;
}

// Does it write to a pipe that was made for the program? Whoever has left the group, as what
// timeout(1), setsid(1) and shells with job control begin, may still have that.
static bool holds_pipe(const char *proc, pid_t pid, const struct value *process)
{
    const int64_t theirs[] = {value_get_int(process, "out", 0), value_get_int(process, "err", 0)};
    for (int stream = STDOUT_FILENO; stream <= STDERR_FILENO; stream++) {
        int64_t pipe = pipe_of(proc, pid, stream);
        if (pipe && (pipe == theirs[0] || pipe == theirs[1]))
            return true;
    }
    return false;
}

// Whoever has nothing else of the program has its environment; we may have it as well.
static bool bears_mark(const char *proc, const struct facts *f, const struct facts *leader,
                       const struct value *process)
{
    char path[LONGEST_PATH];
    if (f->started < leader->started || f->pid == getpid())
        return false;
    snprintf(path, sizeof path, "%s/%d/environ", proc, (int)f->pid);
    return mark_is_in(path, value_get_text(process, "mark"));
}

static bool belongs(const char *proc, const struct facts *f, const struct facts *leader,
                    const struct value *process)
{
    return f->alive && (is_of_group(f, leader) || holds_pipe(proc, f->pid, process) ||
                        bears_mark(proc, f, leader, process));
}

// The next process of the folder. False at its end.
static bool read_next(DIR *folder, const char *proc, struct facts *f)
{
    for (const struct dirent *d; (d = readdir(folder)) != NULL;) {
        pid_t pid = (pid_t)strtol(d->d_name, NULL, 10);
        if (pid > 0 && read_facts(proc, pid, f))
            return true;
    }
    return false;
}

static enum process_fate search(DIR *folder, const char *proc, const struct value *process,
                                const struct facts *leader, pid_t *who)
{
    struct facts f;
    bool seen = false;
    while (read_next(folder, proc, &f)) {
        if (belongs(proc, &f, leader, process)) {
            *who = f.pid;
            return PROCESS_LIVES;
        }
        seen |= f.pid == leader->pid || f.group == leader->group;
    }
    // Of another user's processes /proc may tell nothing; the kernel says that there are some.
    bool hidden = !seen && (kill(-leader->group, 0) == 0 || errno == EPERM);
    *who = leader->group;
    return hidden ? PROCESS_LIVES : PROCESS_GONE;
}

// Can its numbers be looked up here? PROCESS_LIVES: they can.
static enum process_fate judge_place(const char *proc, const struct value *process)
{
    char boot[64] = "", space[64] = "";
    const char *began = value_get_text(process, "boot"), *in = value_get_text(process, "namespace");
    read_boot(proc, boot, sizeof boot);
    read_namespace(proc, space, sizeof space);
    if (strcmp(value_get_text(process, "host"), person_here().host) != 0 || !*began || !*boot)
        return PROCESS_UNSEEN;
    if (strcmp(began, boot) != 0)
        return PROCESS_GONE; // the machine has been started anew since
    return *space && strcmp(in, space) == 0 ? PROCESS_LIVES : PROCESS_UNSEEN;
}

enum process_fate process_look(const char *proc, const struct value *process, pid_t *who)
{
    const struct facts leader = leader_of(process);
    enum process_fate fate = judge_place(proc, process);
    *who = 0;
    if (fate != PROCESS_LIVES)
        return fate;
    DIR *folder = opendir(proc);
    if (folder == NULL || leader.pid <= 1 || leader.group <= 1 || leader.started < 0)
        fate = PROCESS_UNSEEN;
    else
        fate = search(folder, proc, process, &leader, who);
    if (folder)
        closedir(folder);
    return fate;
}

// To the very process, and not to one that has got its number meanwhile.
static void signal_one(const char *proc, const struct facts *f, int signo)
{
    struct facts now;
    int fd = pidfd_open(f->pid, 0);
    if (fd < 0)
        return;
    if (read_facts(proc, f->pid, &now) && now.started == f->started)
        pidfd_send_signal(fd, signo, NULL, 0);
    close(fd);
}

void process_signal_strays(const char *proc, const struct value *process, int signo)
{
    const struct facts leader = leader_of(process);
    struct facts f;
    DIR *folder = judge_place(proc, process) == PROCESS_LIVES ? opendir(proc) : NULL;
    while (folder && leader.pid > 1 && read_next(folder, proc, &f))
        if (f.group != leader.group && belongs(proc, &f, &leader, process))
            signal_one(proc, &f, signo);
    if (folder)
        closedir(folder);
}

// Only from the very pipe: its output may lead elsewhere by now.
static void drain(const char *proc, pid_t pid, int stream, const struct value *process)
{
    char path[LONGEST_PATH], block[16384];
    int64_t pipe = pipe_of(proc, pid, stream);
    if (pipe == 0 ||
        (pipe != value_get_int(process, "out", 0) && pipe != value_get_int(process, "err", 0)))
        return;
    snprintf(path, sizeof path, "%s/%d/fd/%d", proc, (int)pid, stream);
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    for (int i = 0; fd >= 0 && i < MOST_BLOCKS && read(fd, block, sizeof block) > 0; i++) {
    }
    if (fd >= 0)
        close(fd);
}

void process_drain(const char *proc, const struct value *process, pid_t who)
{
    drain(proc, who, STDOUT_FILENO, process);
    drain(proc, who, STDERR_FILENO, process);
}
