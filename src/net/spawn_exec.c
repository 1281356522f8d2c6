#include "net/spawn_exec.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "net/pipe.h"
#include "net/program.h"

enum { MOST_FILES = 1 << 16 };

// Its standard input: a file in memory, so that nothing has to be fed and no pipe can break.
static int input_open(const struct spawn_request *r)
{
    if (r->terminal)
        return fcntl(0, F_DUPFD_CLOEXEC, 3);
    if (!r->input)
        return open("/dev/null", O_RDONLY | O_CLOEXEC);
    int fd = memfd_create("input", MFD_CLOEXEC);
    for (size_t at = 0; fd >= 0 && at < r->input_len;) {
        ssize_t n = write(fd, r->input + at, r->input_len - at);
        if (n <= 0) {
            close(fd);
            return -1;
        }
        at += (size_t)n;
    }
    if (fd >= 0)
        lseek(fd, 0, SEEK_SET);
    return fd;
}

// Our environment with `lines` in it. The array is the caller's to free, the strings are not.
static char **environment(const char *const *lines)
{
    size_t count = 0, ours = 0;
    while (environ[ours])
        ours++;
    while (lines && lines[count])
        count++;
    char **all = mem_alloc((ours + count + 1) * sizeof *all);
    size_t used = 0;
    for (size_t i = 0; i < ours + count; i++) {
        const char *line = i < ours ? environ[i] : lines[i - ours];
        size_t name = strcspn(line, "=") + 1, at = 0;
        while (at < used && strncmp(all[at], line, name) != 0)
            at++;
        all[at] = (char *)line;
        used += at == used;
    }
    return all;
}

// All that the child needs, made before it is there: it may call nothing but the system, for
// another thread may have held any lock when it was made.
struct launch {
    const struct spawn_request *request;
    const struct exec_gate *asked; // NULL: nobody
    char **env, **files;
    int in, out, err; // its standard streams; err -1: ours
    int gate;         // a byte from here lets it begin; the end says that it must not
    int report;       // here it says 0 when it waits at the gate, then why it did not come to run
    pid_t parent;
};

static void report(const struct launch *l, int why)
{
    ssize_t ignored = write(l->report, &why, sizeof why);
    (void)ignored;
}

static _Noreturn void give_up(const struct launch *l, int why)
{
    report(l, why);
    _exit(127);
}

static void close_between(int first, int last)
{
    if (first > last || close_range((unsigned)first, (unsigned)last, 0) == 0)
        return;
    for (int fd = first; fd <= last && fd < MOST_FILES; fd++) // an older kernel
        close(fd);
}

static void close_all_but(int a, int b)
{
    int low = a < b ? a : b, high = a < b ? b : a;
    close_between(3, low - 1);
    close_between(low + 1, high - 1);
    close_between(high + 1, INT_MAX);
}

// As execvp does, without its shell for what is no program.
static int try_files(const struct launch *l)
{
    int denied = 0;
    for (char **file = l->files; *file; file++) {
        execve(*file, (char *const *)l->request->argv, l->env);
        if (errno == EACCES)
            denied = EACCES;
        else if (errno != ENOENT && errno != ENOTDIR && errno != ENODEV && errno != ESTALE &&
                 errno != ETIMEDOUT)
            return errno;
    }
    return denied ? denied : ENOENT;
}

// The child's life until it is the program. All signals are blocked when it begins.
static _Noreturn void become(const struct launch *l)
{
    struct sigaction usual = {.sa_handler = SIG_DFL};
    sigset_t none;
    char leave;
    ssize_t n;
    // Out of the foreground group a terminal would not let it read.
    if (!l->request->terminal)
        setpgid(0, 0);
    for (int i = 1; i < NSIG; i++)
        sigaction(i, &usual, NULL);
    // Not SIGKILL: tools have locks of their own to give back. Who died before this is not told of.
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
        give_up(l, errno);
    if (getppid() != l->parent)
        _exit(127);
    dup2(l->in, 0);
    dup2(l->out, 1);
    if (l->err >= 0)
        dup2(l->err, 2);
    close_all_but(l->gate, l->report); // also our own copy of the gate's other end
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (l->request->cwd && chdir(l->request->cwd) != 0)
        give_up(l, errno);
    report(l, 0);
    do
        n = read(l->gate, &leave, 1);
    while (n < 0 && errno == EINTR);
    if (n != 1)
        _exit(127);
    give_up(l, try_files(l));
}

// 0, or why it does not come to run: an errno. *ended: it says no more.
static int read_report(int fd, bool *ended)
{
    int why = 0;
    ssize_t n;
    do
        n = read(fd, &why, sizeof why);
    while (n < 0 && errno == EINTR);
    *ended = n != sizeof why;
    return *ended ? 0 : why;
}

// The child is there. Once it waits at its gate, lets it begin, or not. 0, an errno, or -1 with
// `error` set.
static int let_begin(pid_t pid, const struct launch *l, int gate[2], int reports[2],
                     struct error *error)
{
    bool ended, may = false;
    if (!l->request->terminal)
        setpgid(pid, pid); // whoever of us two comes first
    close(reports[1]);
    reports[1] = -1;
    int code = read_report(reports[0], &ended);
    if (code == 0 && !ended) {
        may = l->asked == NULL || l->asked->may(l->asked->arg, pid, error);
        ssize_t written = may ? write(gate[1], "", 1) : 0;
        (void)written; // one that finds nobody: it was ended at its gate, and is told of as such
        code = may ? 0 : -1;
    }
    pipe_close(gate);
    gate[0] = gate[1] = -1;
    if (may)
        code = read_report(reports[0], &ended);
    if (code != 0)
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
        }
    return code;
}

static int child_start(pid_t *pid, struct launch *l, struct error *error)
{
    int gate[2] = {-1, -1}, reports[2] = {-1, -1};
    sigset_t all, before;
    assert(gettid() == getpid());
    if (!pipe_open(gate))
        return errno;
    if (!pipe_open(reports)) {
        int why = errno;
        pipe_close(gate);
        return why;
    }
    l->gate = gate[0];
    l->report = reports[1];
    l->parent = getpid();
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before); // our handlers are not its
    pid_t child = fork();
    if (child == 0)
        become(l);
    int code = child < 0 ? errno : 0;
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (child > 0)
        code = let_begin(child, l, gate, reports, error);
    pipe_close(gate);
    pipe_close(reports);
    if (code == 0)
        *pid = child;
    return code;
}

// 0; an errno, that of a failed exec or chdir, too; or -1 with `error` set.
static int program_start(pid_t *pid, struct launch *l, struct error *error)
{
    l->env = environment(l->request->env);
    l->files = program_candidates(l->request->argv[0]);
    int code = child_start(pid, l, error);
    program_candidates_free(l->files);
    free(l->env);
    return code;
}

static bool explain(struct error *err, const struct spawn_request *r, int code)
{
    const char *name = r->argv[0];
    if (r->cwd && access(r->cwd, X_OK) != 0)
        return error_set(err, "cannot run '%s' in the folder '%s': %s", name, r->cwd,
                         strerror(errno));
    if (code == ENOENT && !strchr(name, '/'))
        return error_set(err, "the program '%s' was not found in PATH", name);
    if (code == ENOENT)
        return error_set(err, "the program '%s', or the interpreter it names, does not exist",
                         name);
    if (code == EACCES)
        return error_set(err, "'%s' is not executable", name);
    if (code == ENOEXEC)
        return error_set(err, "'%s' is not a program: a script starts with a line like #!/bin/sh",
                         name);
    return error_set(err, "cannot run '%s': %s", name, strerror(code));
}

bool exec_start(pid_t *pid, const struct spawn_request *r, const struct exec_gate *gate, int out,
                int err, struct error *error)
{
    if (!r->argv || !r->argv[0] || !*r->argv[0])
        return error_set(error, "cannot run a program without a name");
    int in = pipe_lift(input_open(r));
    if (in < 0)
        return error_set(error, "cannot prepare the input of '%s': %s", r->argv[0],
                         strerror(errno));
    struct launch l = {.request = r, .asked = gate, .in = in, .out = out, .err = err};
    int code = program_start(pid, &l, error);
    close(in);
    return code == 0 || (code > 0 && explain(error, r, code));
}
