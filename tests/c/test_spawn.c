#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/duration.h"
#include "net/loop.h"
#include "net/spawn.h"

// What came back, copied: the result is valid inside the callback only.
struct outcome {
    int calls, status;
    char error[1024];
    struct buf out, err;
    bool truncated;
    double seconds;
};

static struct loop *loop;
static struct outcome got;

static void keep(const struct spawn_result *r, void *arg)
{
    struct outcome *o = arg;
    o->calls++;
    o->status = r->status;
    snprintf(o->error, sizeof o->error, "%s", r->error ? r->error : "");
    buf_add(&o->out, r->out, r->out_len);
    buf_add(&o->err, r->err, r->err_len);
    o->truncated = r->truncated;
    o->seconds = r->seconds;
}

static void open_loop(void)
{
    loop = loop_new();
}

static void close_loop(void)
{
    loop_free(loop);
    buf_free(&got.out);
    buf_free(&got.err);
}

static void run(const struct spawn_request *r)
{
    spawn_start(loop, r, keep, &got);
    cr_assert_eq(got.calls, 0, "done was called from inside spawn_start");
    while (loop_once(loop))
        ;
    cr_assert_eq(got.calls, 1);
    cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1, "a child was left unreaped");
    cr_assert_eq(errno, ECHILD);
}

static void run_shell(const char *script)
{
    const char *argv[] = {"sh", "-c", script, NULL};
    run(&(struct spawn_request){.argv = argv, .timeout_ms = 10000});
}

TestSuite(spawn, .init = open_loop, .fini = close_loop, .timeout = 30);

Test(spawn, collects_both_streams_and_the_code)
{
    run_shell("echo out; echo err >&2; exit 3");
    cr_assert_str_eq(got.error, "");
    cr_assert_eq(got.status, 3);
    cr_assert_str_eq(buf_text(&got.out), "out\n");
    cr_assert_str_eq(buf_text(&got.err), "err\n");
    cr_assert_not(got.truncated);
    cr_assert_lt(got.seconds, 5);
}

Test(spawn, arguments_pass_no_shell)
{
    const char *argv[] = {"printf", "%s|", "a b", "$HOME", "`id`", "", NULL};
    run(&(struct spawn_request){.argv = argv});
    cr_assert_str_eq(buf_text(&got.out), "a b|$HOME|`id`||");
}

Test(spawn, a_signal_counts_as_128_and_its_number)
{
    run_shell("kill -SEGV $$");
    cr_assert_eq(got.status, 128 + SIGSEGV);
    cr_assert_str_eq(got.error, "");
}

Test(spawn, nul_bytes_survive)
{
    run_shell("printf 'a\\000b'");
    cr_assert_eq(got.out.len, 3);
    cr_assert_eq(memcmp(got.out.data, "a\0b", 3), 0);
}

Test(spawn, input_reaches_it_whole)
{
    const char *argv[] = {"wc", "-c", NULL};
    size_t len = 3 << 20;
    char *input = mem_alloc(len);
    run(&(struct spawn_request){.argv = argv, .input = input, .input_len = len});
    free(input);
    cr_assert_str_eq(buf_text(&got.out), "3145728\n");
}

Test(spawn, input_that_nobody_reads_does_no_harm)
{
    const char *argv[] = {"true", NULL};
    size_t len = 3 << 20;
    char *input = mem_alloc(len);
    run(&(struct spawn_request){.argv = argv, .input = input, .input_len = len});
    free(input);
    cr_assert_eq(got.status, 0);
}

Test(spawn, without_input_it_reads_the_end_at_once)
{
    const char *argv[] = {"cat", NULL};
    run(&(struct spawn_request){.argv = argv, .timeout_ms = 5000});
    cr_assert_eq(got.status, 0);
    cr_assert_eq(got.out.len, 0);
}

Test(spawn, environment_is_ours_with_changes)
{
    setenv("SPAWN_OURS", "kept", 1);
    setenv("SPAWN_OTHER", "old", 1);
    const char *argv[] = {"sh", "-c", "echo $SPAWN_OURS $SPAWN_OTHER $SPAWN_NEW", NULL};
    const char *env[] = {"SPAWN_OTHER=replaced", "SPAWN_NEW=1", "SPAWN_NEW=2", NULL};
    run(&(struct spawn_request){.argv = argv, .env = env});
    cr_assert_str_eq(buf_text(&got.out), "kept replaced 2\n");
}

Test(spawn, works_in_another_folder)
{
    const char *argv[] = {"pwd", NULL};
    run(&(struct spawn_request){.argv = argv, .cwd = "/usr"});
    cr_assert_str_eq(buf_text(&got.out), "/usr\n");
}

Test(spawn, what_cannot_run_is_an_error_in_words)
{
    char script[] = "/tmp/test_spawn_XXXXXX";
    int fd = mkstemp(script);
    cr_assert_eq(write(fd, "echo hello\n", 11), 11);
    close(fd);
    const struct {
        const char *name, *cwd, *says;
        int mode;
    } cases[] = {
        {"no-such-program-here", NULL, "'no-such-program-here' was not found in PATH", 0600},
        {"/nowhere/program", NULL, "'/nowhere/program', or the interpreter", 0600},
        {script, NULL, "is not executable", 0600},
        {script, NULL, "is not a program", 0700},
        {"true", "/nowhere", "in the folder '/nowhere': No such file or directory", 0600},
        {"", NULL, "without a name", 0600},
        {NULL, NULL, "without a name", 0600},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *argv[] = {cases[i].name, NULL};
        got.calls = 0;
        chmod(script, (mode_t)cases[i].mode);
        run(&(struct spawn_request){.argv = argv, .cwd = cases[i].cwd});
        cr_expect_not_null(strstr(got.error, cases[i].says), "%s", got.error);
        cr_expect_eq(got.status, -1);
    }
    unlink(script);
}

Test(spawn, an_exit_code_of_127_is_no_error)
{
    run_shell("exit 127");
    cr_assert_eq(got.status, 127);
    cr_assert_str_eq(got.error, "");
}

Test(spawn, too_much_output_is_cut_and_drained)
{
    const char *argv[] = {"sh", "-c", "yes | head -c 500000; echo end >&2", NULL};
    run(&(struct spawn_request){.argv = argv, .max_bytes = 1000, .timeout_ms = 10000});
    cr_assert_eq(got.out.len, 1000);
    cr_assert(got.truncated);
    cr_assert_eq(got.status, 0);
    cr_assert_str_eq(buf_text(&got.err), "end\n");
}

Test(spawn, exactly_as_much_as_fits_is_not_cut)
{
    const char *argv[] = {"printf", "12345", NULL};
    run(&(struct spawn_request){.argv = argv, .max_bytes = 5});
    cr_assert_eq(got.out.len, 5);
    cr_assert_not(got.truncated);
}

Test(spawn, stderr_may_pass_through)
{
    char path[] = "/tmp/test_spawn_XXXXXX";
    char text[64] = {0};
    int fd = mkstemp(path), ours = dup(2);
    const char *argv[] = {"sh", "-c", "echo seen >&2", NULL};
    dup2(fd, 2);
    run(&(struct spawn_request){.argv = argv, .pass_stderr = true});
    dup2(ours, 2);
    close(ours);
    cr_assert_gt(pread(fd, text, sizeof text - 1, 0), 0);
    cr_assert_str_eq(text, "seen\n");
    cr_assert_eq(got.err.len, 0);
    close(fd);
    unlink(path);
}

Test(spawn, a_slow_one_is_stopped)
{
    const char *argv[] = {"sleep", "20", NULL};
    run(&(struct spawn_request){.argv = argv, .timeout_ms = 200});
    cr_assert_str_eq(got.error, "'sleep' did not end within 200ms and was stopped with SIGTERM");
    cr_assert_eq(got.status, 128 + SIGTERM);
    cr_assert_lt(got.seconds, 5);
}

Test(spawn, one_that_ignores_sigterm_is_killed_with_its_children)
{
    const char *argv[] = {"sh", "-c", "trap '' TERM; echo up; sleep 20; sleep 20", NULL};
    run(&(struct spawn_request){.argv = argv, .timeout_ms = 300});
    cr_assert_not_null(strstr(got.error, "SIGKILL"), "%s", got.error);
    cr_assert_eq(got.status, 128 + SIGKILL);
    cr_assert_str_eq(buf_text(&got.out), "up\n");
    cr_assert_geq(got.seconds, 2);
    cr_assert_lt(got.seconds, 8);
}

Test(spawn, a_child_that_holds_the_output_does_not_hold_us)
{
    run_shell("sleep 15 & echo $!");
    cr_assert_eq(got.status, 0);
    cr_assert_str_eq(got.error, "");
    cr_assert_lt(got.seconds, 6);
    pid_t left = (pid_t)strtol(buf_text(&got.out), NULL, 10);
    cr_assert_gt(left, 1);
    cr_assert_eq(kill(left, SIGKILL), 0, "what it left in the background was ended, too");
}

Test(spawn, it_leads_a_group_of_its_own_with_usual_signals_and_no_descriptor_of_ours)
{
    int leak = dup(0); // without O_CLOEXEC
    signal(SIGUSR1, SIG_IGN);
    run_shell("ps -o pgid= -p $$ | tr -d ' '; echo $$; ls /proc/self/fd | wc -l;"
              "grep SigIgn /proc/self/status | cut -f2");
    int group = 0, pid = 0, descriptors = 0;
    unsigned long ignored = 1;
    cr_assert_eq(sscanf(buf_text(&got.out), "%d %d %d %lx", &group, &pid, &descriptors, &ignored),
                 4, "%s", buf_text(&got.out));
    cr_assert_eq(group, pid);
    cr_assert_eq(descriptors, 4);                          // 0, 1, 2 and the folder that ls reads
    cr_assert_eq(ignored & 0x7fffffff, 0, "%lx", ignored); // glibc keeps two beyond for itself
    close(leak);
}

Test(spawn, cancel_ends_the_group_at_once)
{
    const char *argv[] = {"sh", "-c", "sleep 20 & echo $!; wait", NULL};
    struct spawn_request r = {.argv = argv};
    int64_t began = clock_steady();
    struct spawn *s = spawn_start(loop, &r, keep, &got);
    struct timer *alarm = timer_start(loop, 10000, NULL, NULL);
    loop_once(loop);
    spawn_cancel(s);
    timer_stop(alarm);
    cr_assert_not(loop_once(loop));
    cr_assert_eq(got.calls, 0);
    cr_assert_lt(clock_steady() - began, 5000);
    cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1);
}

Test(spawn, cancel_of_one_that_never_ran)
{
    const char *argv[] = {"no-such-program-here", NULL};
    spawn_cancel(spawn_start(loop, &(struct spawn_request){.argv = argv}, keep, &got));
    cr_assert_not(loop_once(loop));
    cr_assert_eq(got.calls, 0);
}

// Another process of ours, that starts the program and then dies as `die` says. Returns what the
// program wrote into the file.
static char *outlived(struct spawn_request *r, void die(void), const char *path)
{
    static char text[256];
    pid_t other = fork();
    if (other == 0) {
        struct loop *own = loop_new();
        spawn_start(own, r, keep, &got);
        die();
        _exit(1);
    }
    waitpid(other, NULL, 0);
    int fd = -1;
    ssize_t n = 0;
    for (int i = 0; i < 500 && n <= 0; i++) { // it may take a while to write, and may not be there
        usleep(10000);
        fd = fd < 0 ? open(path, O_RDONLY) : fd;
        n = fd < 0 ? 0 : pread(fd, text, sizeof text - 1, 0);
    }
    text[n > 0 ? n : 0] = '\0';
    close(fd);
    unlink(path);
    return text;
}

static void be_killed(void)
{
    usleep(300000); // for its trap to be set
    kill(getpid(), SIGKILL);
}

static void end(void)
{
    usleep(300000);
    _exit(0);
}

Test(spawn, it_is_told_to_end_when_we_die)
{
    void (*const ways[])(void) = {be_killed, end};
    for (int i = 0; i < 4; i++) {
        char path[64], script[200];
        snprintf(path, sizeof path, "/tmp/test_spawn_%d", (int)getpid());
        // What it says goes nowhere any more, and does it no harm.
        snprintf(
            script, sizeof script,
            "trap 'echo a; echo b >&2; echo told >%s; exit' TERM; while :; do sleep 0.05; done",
            path);
        const char *argv[] = {"sh", "-c", script, NULL};
        struct spawn_request r = {.argv = argv, .terminal = i >= 2};
        cr_expect_str_eq(outlived(&r, ways[i % 2], path), "told\n", "case %d", i);
    }
}

static bool refuse(void *arg, const struct value *process, struct error *err)
{
    *(pid_t *)arg = (pid_t)value_get_int(process, "pid", 0);
    return error_set(err, "not on record");
}

Test(spawn, it_does_not_begin_before_it_may)
{
    pid_t born = 0;
    const char *argv[] = {"touch", "/tmp/test_spawn_begun", NULL};
    unlink(argv[1]);
    run(&(struct spawn_request){.argv = argv, .born = refuse, .born_arg = &born});
    cr_assert_str_eq(got.error, "not on record");
    cr_assert_eq(got.status, -1);
    cr_assert_gt(born, 1);
    cr_assert_neq(access(argv[1], F_OK), 0, "it has begun");
}

static bool die_there(void *arg, const struct value *process, struct error *err)
{
    (void)err;
    dprintf(*(int *)arg, "%d", (int)value_get_int(process, "pid", 0));
    kill(getpid(), SIGKILL);
    return true;
}

static void stay(void) {}

Test(spawn, it_never_begins_when_we_die_before)
{
    char path[] = "/tmp/test_spawn_XXXXXX";
    int fd = mkstemp(path);
    const char *argv[] = {"touch", "/tmp/test_spawn_begun_late", NULL};
    unlink(argv[1]);
    struct spawn_request r = {.argv = argv, .born = die_there, .born_arg = &fd};
    pid_t born = (pid_t)strtol(outlived(&r, stay, path), NULL, 10);
    cr_assert_gt(born, 1);
    for (int i = 0; i < 500 && kill(born, 0) == 0; i++)
        usleep(10000);
    cr_assert_neq(access(argv[1], F_OK), 0, "it has begun");
    close(fd);
}

Test(spawn, many_at_once)
{
    struct outcome all[40] = {0};
    const char *argv[] = {"sh", "-c", "sleep 0.2; echo x", NULL};
    int64_t began = clock_steady();
    for (int i = 0; i < 40; i++)
        spawn_start(loop, &(struct spawn_request){.argv = argv}, keep, &all[i]);
    while (loop_once(loop))
        ;
    for (int i = 0; i < 40; i++) {
        cr_expect_eq(all[i].calls, 1);
        cr_expect_str_eq(buf_text(&all[i].out), "x\n");
        buf_free(&all[i].out);
        buf_free(&all[i].err);
    }
    cr_assert_lt(clock_steady() - began, 7000);
}
