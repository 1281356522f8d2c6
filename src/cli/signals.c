#include "cli/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/duration.h"
#include "engine/run.h"
#include "net/living.h"
#include "net/loop.h"
#include "net/sending.h"

static struct run *watched;
static struct watch *wake;
static volatile sig_atomic_t late; // signals that came while no run was watched
static int64_t heard_at;           // when the last that counted came, by the steady clock
static int pipe_ends[2] = {-1, -1};
static char told[2048]; // how to go on

// Who ends a group of processes may tell each of them and then the group, as timeout(1) does: so
// soon after the first it is no second signal.
enum { ECHO_MS = 250 };

static void end_at_once(int signo)
{
    static const char text[] = "\nrunbook: ended at once by a second signal\n";
    ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
    (void)ignored;
    living_end();
    sending_end();
    ignored = write(STDERR_FILENO, told, strlen(told));
    (void)ignored;
    _exit(128 + signo);
}

static void take_signal(int signo)
{
    if (watched ? watched->signal : late++)
        end_at_once(signo);
    if (watched == NULL) // the run is over: what it leaves behind is being written
        return;
    watched->signal = signo == SIGHUP ? SIGTERM : signo;
    ssize_t ignored = write(pipe_ends[1], "", 1);
    (void)ignored;
}

// Nothing but what is safe in a signal handler; so are these, and clock_gettime.
static void on_signal(int signo)
{
    int kept = errno;
    int64_t now = clock_steady();
    if (heard_at == 0 || now - heard_at >= ECHO_MS) {
        heard_at = now;
        take_signal(signo);
    }
    errno = kept;
}

// The loop has woken up after the handler.
static void on_wake(void *arg)
{
    char block[16];
    struct run *run = arg;
    while (read(pipe_ends[0], block, sizeof block) > 0) {
    }
    if (run->undoing)
        fprintf(stderr, "\nthe rollback goes on; once more ends it at once%s%s\n",
                run->journal ? ", and this takes it up again: " : "",
                run->journal ? run_command(run, "rollback") : "");
    else
        fprintf(stderr, "\nstopping after what is under way; once more ends at once\n");
    run_stop(run);
}

void signals_watch(struct run *run)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaddset(&action.sa_mask, signals[i]); // one at a time
    signal(SIGPIPE, SIG_IGN);
    if (pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return;
    watched = run;
    wake = watch_readable(run->loop, pipe_ends[0], on_wake, run);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
}

void signals_tell(const char *text)
{
    snprintf(told, sizeof told, "%s%s", *text ? "runbook: " : "", text);
}

void signals_release(void)
{
    watched = NULL; // from here on the run is over, and has told how to go on
    told[0] = '\0';
    watch_stop(wake);
    wake = NULL;
    for (int i = 0; i < 2; i++) {
        if (pipe_ends[i] >= 0)
            close(pipe_ends[i]);
        pipe_ends[i] = -1;
    }
}
