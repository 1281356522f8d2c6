#include "net/living.h"

#include <assert.h>
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 256, LONGEST_NAME = 120 };

// Whatever the handler needs is made beforehand. One is there while its number is set, last.
static struct {
    atomic_int pid;
    bool leads;
    char folder[32]; // of it in /proc
    char line[LONGEST_NAME + 96];
} programs[MOST];

int living_add(pid_t pid, bool leads, const char *name)
{
    char safe[LONGEST_NAME];
    assert(pid > 1);
    snprintf(safe, sizeof safe, "%s", name);
    for (char *p = safe; *p; p++)
        if (iscntrl((unsigned char)*p))
            *p = ' ';
    for (int i = 0; i < MOST; i++) {
        if (atomic_load(&programs[i].pid))
            continue;
        programs[i].leads = leads;
        snprintf(programs[i].folder, sizeof programs[i].folder, "/proc/%d", (int)pid);
        snprintf(programs[i].line, sizeof programs[i].line,
                 "runbook: still at work, and told to end (SIGTERM): %s, process%s %d\n", safe,
                 leads ? " group" : "", (int)pid);
        atomic_store(&programs[i].pid, (int)pid);
        return i;
    }
    return -1;
}

void living_remove(int place)
{
    if (place >= 0)
        atomic_store(&programs[place].pid, 0);
}

// 0 for what is no number.
static pid_t number_of(const char *digits)
{
    pid_t n = 0;
    for (; *digits >= '0' && *digits <= '9'; digits++)
        n = n * 10 + (*digits - '0');
    return *digits ? 0 : n;
}

// Sends SIGTERM to the group, save to its leader. Returns how many there are.
static int tell_others(pid_t group)
{
    _Alignas(struct dirent64) char block[4096];
    int count = 0, folder = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (ssize_t n; folder >= 0 && (n = getdents64(folder, block, sizeof block)) > 0;)
        for (ssize_t at = 0; at < n;) {
            const struct dirent64 *d = (const struct dirent64 *)(const void *)(block + at);
            pid_t pid = number_of(d->d_name);
            if (pid > 1 && pid != group && getpgid(pid) == group && kill(pid, SIGTERM) == 0)
                count++;
            at += d->d_reclen;
        }
    if (folder >= 0)
        close(folder);
    return count;
}

void living_end(void)
{
    for (int i = 0; i < MOST; i++) {
        pid_t pid = (pid_t)atomic_load(&programs[i].pid);
        struct stat st;
        if (pid == 0)
            continue;
        bool ended = waitpid(pid, NULL, WNOHANG) == pid;
        int others = programs[i].leads ? tell_others(pid) : 0;
        // Whoever has become somebody else does not get the kernel's signal.
        if (!ended && stat(programs[i].folder, &st) == 0 && st.st_uid != geteuid())
            kill(pid, SIGTERM);
        if (ended && others == 0)
            continue;
        ssize_t ignored = write(STDERR_FILENO, programs[i].line, strlen(programs[i].line));
        (void)ignored;
    }
}
