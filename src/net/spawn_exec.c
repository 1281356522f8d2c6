#include "net/spawn_exec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"

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

// As posix_spawnp does: 0 or an errno, that of a failed exec or chdir, too.
static int program_start(pid_t *pid, const struct spawn_request *r, int in, int out, int err)
{
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_t attr;
    posix_spawn_file_actions_t files;
    posix_spawnattr_init(&attr);
    // Out of the foreground group a terminal would not let it read.
    int group = r->terminal ? 0 : POSIX_SPAWN_SETPGROUP;
    posix_spawnattr_setflags(&attr,
                             (short)(group | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK));
    posix_spawnattr_setpgroup(&attr, 0);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in, 0);
    posix_spawn_file_actions_adddup2(&files, out, 1);
    if (err >= 0)
        posix_spawn_file_actions_adddup2(&files, err, 2);
    posix_spawn_file_actions_addclosefrom_np(&files, 3);
    if (r->cwd)
        posix_spawn_file_actions_addchdir_np(&files, r->cwd);
    char **env = environment(r->env);
    int code = posix_spawnp(pid, r->argv[0], &files, &attr, (char *const *)r->argv, env);
    free(env);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attr);
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

bool exec_start(pid_t *pid, const struct spawn_request *r, int out, int err, struct error *error)
{
    if (!r->argv || !r->argv[0] || !*r->argv[0])
        return error_set(error, "cannot run a program without a name");
    int in = input_open(r);
    if (in < 0)
        return error_set(error, "cannot prepare the input of '%s': %s", r->argv[0],
                         strerror(errno));
    int code = program_start(pid, r, in, out, err);
    close(in);
    return code == 0 || explain(error, r, code);
}
