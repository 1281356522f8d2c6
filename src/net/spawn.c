#include "net/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/duration.h"
#include "net/living.h"
#include "net/loop.h"
#include "net/mark.h"
#include "net/pipe.h"
#include "net/process.h"
#include "net/spawn_exec.h"

enum { DEFAULT_MAX_BYTES = 1 << 20 };
enum { DRAIN_MS = 1000 };       // what it left running may hold its output open no longer than this
enum { CANCEL_WAIT_MS = 1000 }; // for the kernel to end what was killed
enum { CANCEL_LOOK_MS = 10 };
enum { LOOK_EVERY_MS = 100 }; // at what belongs to one that was stopped

struct stream {
    struct spawn *spawn;
    struct watch *watch; // NULL: not listened to
    int fd;
    struct buf kept;
};

struct spawn {
    struct loop *loop;
    spawn_done *done;
    void *arg;
    char *name;
    pid_t pid;  // its group, too; 0: it never ran. Not reaped before the end, so both stay its own
    int living; // its place among the living
    int pidfd;
    struct watch *watch; // on its end
    struct timer *timer;
    struct stream out, err;
    int64_t began, timeout_ms;
    bool ended, truncated, timed_out, killed;
    struct error error;

    const struct spawn_request *request; // while it is started
    struct arena arena;
    char mark[MARK_SIZE];
    const struct value *process; // what does; NULL: nothing
    struct timer *looks;         // it was stopped: at what belongs to it
    int64_t since, until;        // that is waited for; 0: without end, for it is yet to be killed
    pid_t left;
    void (*waits)(void *arg, pid_t who); // NULL: told
    void *waits_arg;
};

static void stream_close(struct stream *s)
{
    watch_stop(s->watch);
    s->watch = NULL;
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

static void spawn_free(struct spawn *s)
{
    timer_stop(s->timer);
    timer_stop(s->looks);
    watch_stop(s->watch);
    stream_close(&s->out);
    stream_close(&s->err);
    living_remove(s->living);
    buf_free(&s->out.kept);
    buf_free(&s->err.kept);
    if (s->pidfd >= 0)
        close(s->pidfd);
    error_free(&s->error);
    arena_free(&s->arena);
    free(s->name);
    free(s);
}

// To the whole group, or to the program alone where it left that; and to whoever has left it.
static void signal_all(const struct spawn *s, int signo)
{
    if (kill(-s->pid, signo) != 0)
        kill(s->pid, signo);
    if (s->process)
        process_signal_strays(PROC, s->process, signo);
}

static void explain_stop(struct spawn *s)
{
    char limit[32];
    duration_format(s->timeout_ms, limit, sizeof limit);
    if (s->left)
        error_set(&s->error,
                  "'%s' did not end within %s, and process %d of it is still at work, "
                  "for it cannot be ended",
                  s->name, limit, (int)s->left);
    else if (s->timed_out)
        error_set(&s->error, "'%s' did not end within %s and was stopped with %s", s->name, limit,
                  s->killed ? "SIGKILL, for SIGTERM did not help" : "SIGTERM");
}

static void conclude(struct spawn *s)
{
    int end = 0;
    struct spawn_result r = {.status = -1, .truncated = s->truncated, .left = s->left};
    if (s->pid && (s->timed_out || !s->ended))
        signal_all(s, SIGKILL); // what outlived its time, or cannot be watched over
    living_remove(s->living);
    s->living = -1;
    if (s->pid && waitpid(s->pid, &end, s->left ? WNOHANG : 0) == s->pid)
        r.status = WIFEXITED(end) ? WEXITSTATUS(end) : 128 + WTERMSIG(end);
    else if (s->left)
        r.status = 128 + SIGKILL; // it has that before it
    explain_stop(s);
    r.error = error_is_set(&s->error) ? error_text(&s->error) : NULL;
    r.out = buf_text(&s->out.kept);
    r.out_len = s->out.kept.len;
    r.err = buf_text(&s->err.kept);
    r.err_len = s->err.kept.len;
    r.seconds = (double)(clock_steady() - s->began) / 1000;
    s->done(&r, s->arg);
    spawn_free(s);
}

static void conclude_late(void *arg)
{
    struct spawn *s = arg;
    s->timer = NULL;
    conclude(s);
}

static void conclude_when_silent(struct spawn *s)
{
    if (s->ended && !s->looks && !s->out.watch && !s->err.watch)
        conclude(s);
}

static void on_output(void *arg)
{
    struct stream *stream = arg;
    struct spawn *s = stream->spawn;
    char bytes[16384];
    ssize_t n = read(stream->fd, bytes, sizeof bytes);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        stream_close(stream);
        conclude_when_silent(s);
        return;
    }
    size_t room = stream->kept.max - stream->kept.len;
    size_t kept = (size_t)n < room ? (size_t)n : room;
    buf_add(&stream->kept, bytes, kept);
    s->truncated = s->truncated || kept < (size_t)n;
}

static void conclude_soon(struct spawn *s)
{
    timer_stop(s->timer);
    s->timer = timer_start(s->loop, DRAIN_MS, conclude_late, s);
    conclude_when_silent(s);
}

// Nothing that was to be stopped may go on beside what comes next.
static void on_look(void *arg)
{
    struct spawn *s = arg;
    pid_t who;
    int64_t now = clock_steady();
    bool lives = process_look(PROC, s->process, &who) == PROCESS_LIVES;
    s->looks = NULL;
    if (lives && s->until && now >= s->until) {
        s->left = who;
        conclude(s);
    } else if (!lives && s->ended) {
        conclude_soon(s);
    } else {
        if (lives && s->killed)
            signal_all(s, SIGKILL); // what was begun meanwhile, too
        if (lives && s->waits && now - s->since >= DRAIN_MS) {
            s->waits(s->waits_arg, who);
            s->waits = NULL;
        }
        s->looks = timer_start(s->loop, LOOK_EVERY_MS, on_look, s);
    }
}

static void look_after(struct spawn *s)
{
    if (s->looks)
        return;
    s->since = clock_steady();
    s->looks = timer_start(s->loop, 0, on_look, s);
}

static bool ended_by_signal(const struct spawn *s)
{
    siginfo_t how = {0};
    if (waitid(P_PID, (id_t)s->pid, &how, WEXITED | WNOHANG | WNOWAIT) != 0)
        return false;
    return how.si_code != CLD_EXITED || how.si_status > 128; // as a shell tells of one
}

static void on_end(void *arg)
{
    struct spawn *s = arg;
    s->ended = true;
    watch_stop(s->watch);
    s->watch = NULL;
    if (s->process && (s->timed_out || ended_by_signal(s)))
        look_after(s); // the time that it has goes on
    else
        conclude_soon(s);
}

static void on_kill_due(void *arg)
{
    struct spawn *s = arg;
    s->timer = NULL;
    s->killed = true;
    signal_all(s, SIGKILL);
    if (s->process == NULL)
        return;
    s->until = clock_steady() + s->timeout_ms + SPAWN_KILL_AFTER_MS;
    look_after(s);
}

static void on_timeout(void *arg)
{
    struct spawn *s = arg;
    s->timed_out = true;
    signal_all(s, SIGTERM);
    s->timer = timer_start(s->loop, SPAWN_KILL_AFTER_MS, on_kill_due, s);
}

// A pipe whose reading end is ours; false when the system has none left.
static bool stream_open(struct stream *stream, int *theirs)
{
    int ends[2];
    if (!pipe_open(ends))
        return false;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    stream->fd = ends[0];
    *theirs = pipe_reopen(ends[1]);
    return true;
}

// Listens for what it says and for its end; false when the system cannot.
static bool listen_to(struct spawn *s)
{
    s->pidfd = pidfd_open(s->pid, 0);
    if (s->pidfd < 0)
        return false;
    s->watch = watch_readable(s->loop, s->pidfd, on_end, s);
    s->out.watch = watch_readable(s->loop, s->out.fd, on_output, &s->out);
    if (s->err.fd >= 0)
        s->err.watch = watch_readable(s->loop, s->err.fd, on_output, &s->err);
    return s->watch && s->out.watch && (s->err.watch || s->err.fd < 0);
}

static bool on_birth(void *arg, pid_t pid, struct error *err)
{
    struct spawn *s = arg;
    s->process = process_describe(&s->arena, PROC, pid, s->mark);
    return s->request->born(s->request->born_arg, s->process, err);
}

static bool start_program(struct spawn *s, const struct spawn_request *r, int out, int err)
{
    struct spawn_request marked = *r;
    const struct exec_gate gate = {.may = on_birth, .arg = s};
    if (r->born == NULL)
        return exec_start(&s->pid, r, NULL, out, err, &s->error);
    s->request = r;
    s->waits = r->waits;
    s->waits_arg = r->born_arg;
    mark_make(s->mark);
    marked.env = mark_environment(&s->arena, r->env, s->mark);
    bool ok = exec_start(&s->pid, &marked, &gate, out, err, &s->error);
    s->request = NULL;
    return ok;
}

static bool launch(struct spawn *s, const struct spawn_request *r)
{
    // Where SIGCHLD was ignored when we were started, exit codes would be lost.
    signal(SIGCHLD, SIG_DFL);
    int out = -1, err = -1;
    bool ok = stream_open(&s->out, &out) && (r->pass_stderr || stream_open(&s->err, &err));
    if (!ok)
        error_set(&s->error, "cannot run '%s': %s", s->name, strerror(errno));
    ok = ok && start_program(s, r, out, err);
    if (out >= 0)
        close(out);
    if (err >= 0)
        close(err);
    if (ok)
        s->living = living_add(s->pid, !r->terminal, r->label ? r->label : s->name);
    if (ok && !listen_to(s))
        return error_set(&s->error, "cannot watch over '%s': %s", s->name, strerror(errno));
    return ok;
}

struct spawn *spawn_start(struct loop *loop, const struct spawn_request *r, spawn_done *done,
                          void *arg)
{
    struct spawn *s = mem_alloc(sizeof *s);
    size_t max = r->max_bytes ? r->max_bytes : DEFAULT_MAX_BYTES;
    *s = (struct spawn){.loop = loop, .done = done, .arg = arg, .living = -1, .pidfd = -1};
    s->out = (struct stream){.spawn = s, .fd = -1, .kept.max = max};
    s->err = (struct stream){.spawn = s, .fd = -1, .kept.max = max};
    s->name = mem_dup(r->argv && r->argv[0] ? r->argv[0] : "");
    s->began = clock_steady();
    s->timeout_ms = r->timeout_ms > 0 ? r->timeout_ms : SPAWN_TIMEOUT_MS;
    if (launch(s, r))
        s->timer = timer_start(loop, s->timeout_ms, on_timeout, s);
    else
        s->timer = timer_start(loop, 0, conclude_late, s);
    return s;
}

// Bounded: one that hangs in the kernel is left to init.
static pid_t kill_all(struct spawn *s)
{
    pid_t left = 0, who;
    signal_all(s, SIGKILL);
    poll(&(struct pollfd){.fd = s->pidfd, .events = POLLIN}, 1, CANCEL_WAIT_MS);
    int64_t until = clock_steady() + CANCEL_WAIT_MS;
    while (s->process && process_look(PROC, s->process, &who) == PROCESS_LIVES && left == 0) {
        signal_all(s, SIGKILL);
        poll(NULL, 0, CANCEL_LOOK_MS);
        left = clock_steady() < until ? 0 : who;
    }
    waitpid(s->pid, NULL, WNOHANG);
    return left;
}

pid_t spawn_cancel(struct spawn *s)
{
    pid_t left = s->pid ? kill_all(s) : 0;
    spawn_free(s);
    return left;
}
