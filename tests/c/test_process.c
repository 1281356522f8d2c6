#include <criterion/criterion.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/person.h"
#include "net/process.h"

// A made-up /proc. Its processes have numbers that no kernel gives.
enum { LEADER = 900000000, OTHER = 900000001, SESSION = 800000000 };

#define MARK "0123456789abcdef0123456789abcdef"

static char proc[] = "/tmp/test_process_XXXXXX";
static struct arena arena;

static void put(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", proc, name);
    for (char *slash = strchr(path + sizeof proc, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void put_process(int pid, char state, int group, int session, int threads, int started)
{
    char name[64], line[512];
    snprintf(name, sizeof name, "%d/stat", pid);
    snprintf(line, sizeof line,
             "%d (a) (b) c) %c 1 %d %d 0 -1 4194304 99 0 0 0 1 2 0 0 20 0 %d 0 %d 1000 7 "
             "18446744073709551615 0 0\n",
             pid, state, group, session, threads, started);
    put(name, line);
}

static void take_away(int pid)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%d/stat", proc, pid);
    unlink(path);
}

static void open_proc(void)
{
    char path[256];
    cr_assert(mkdtemp(proc));
    put("sys/kernel/random/boot_id", "boot-1\n");
    put("self/ns/user", "");
    snprintf(path, sizeof path, "%s/self/ns/pid", proc);
    cr_assert_eq(symlink("pid:[1]", path), 0);
    put_process(LEADER, 'S', LEADER, SESSION, 1, 5000);
}

static void close_proc(void)
{
    char command[256];
    snprintf(command, sizeof command, "rm -rf %s", proc);
    cr_expect_eq(system(command), 0);
    arena_free(&arena);
}

static struct value *describe(void)
{
    return process_describe(&arena, proc, LEADER, MARK);
}

static void expect_fate(const struct value *process, enum process_fate fate, int who)
{
    pid_t found;
    cr_expect_eq(process_look(proc, process, &found), fate);
    if (fate == PROCESS_LIVES)
        cr_expect_eq(found, who);
}

TestSuite(process, .init = open_proc, .fini = close_proc);

Test(process, tells_what_tells_it_apart)
{
    const struct value *v = describe();
    cr_assert_eq(value_get_int(v, "pid", 0), LEADER);
    cr_assert_eq(value_get_int(v, "group", 0), LEADER);
    cr_assert_eq(value_get_int(v, "session", 0), SESSION);
    cr_assert_eq(value_get_int(v, "started", 0), 5000);
    cr_assert_str_eq(value_get_text(v, "boot"), "boot-1");
    cr_assert_str_eq(value_get_text(v, "namespace"), "pid:[1]");
    cr_assert_str_eq(value_get_text(v, "host"), person_here().host);
    expect_fate(v, PROCESS_LIVES, LEADER);
}

Test(process, lives_while_any_of_its_group_does)
{
    const struct value *v = describe();
    put_process(OTHER, 'R', LEADER, SESSION, 1, 5003);
    take_away(LEADER);
    expect_fate(v, PROCESS_LIVES, OTHER);
    put_process(LEADER, 'Z', LEADER, SESSION, 1, 5000); // ended, and nobody has asked how
    expect_fate(v, PROCESS_LIVES, OTHER);
    take_away(OTHER);
    expect_fate(v, PROCESS_GONE, 0);
    put_process(LEADER, 'Z', LEADER, SESSION, 3, 5000); // its first thread has ended, others work
    expect_fate(v, PROCESS_LIVES, LEADER);
    put_process(LEADER, 'S', SESSION, SESSION, 1, 5000); // it has gone to another group
    expect_fate(v, PROCESS_LIVES, LEADER);
    take_away(LEADER);
    expect_fate(v, PROCESS_GONE, 0);
}

Test(process, lives_while_anybody_holds_its_pipe)
{
    char folder[256], path[300];
    snprintf(folder, sizeof folder, "%s/%d/fd", proc, LEADER);
    snprintf(path, sizeof path, "%s/1", folder);
    cr_assert_eq(mkdir(folder, 0700), 0);
    cr_assert_eq(mkfifo(path, 0600), 0);
    const struct value *v = describe();
    cr_assert_gt(value_get_int(v, "out", 0), 0);
    put_process(OTHER, 'S', OTHER, OTHER, 1, 5001); // of a session of its own, as setsid(1) has it
    snprintf(folder, sizeof folder, "%s/%d/fd", proc, OTHER);
    cr_assert_eq(mkdir(folder, 0700), 0);
    char other[300];
    snprintf(other, sizeof other, "%s/2", folder); // it writes there what it says to both
    cr_assert_eq(link(path, other), 0);
    take_away(LEADER);
    expect_fate(v, PROCESS_LIVES, OTHER);
    cr_assert_eq(unlink(other), 0);
    cr_assert_eq(mkfifo(other, 0600), 0);
    expect_fate(v, PROCESS_GONE, 0);
}

Test(process, lives_while_anybody_bears_its_mark)
{
    char name[64], environment[9000];
    const struct value *v = describe();
    take_away(LEADER);
    put_process(OTHER, 'S', OTHER, OTHER, 1, 5001); // it has left the group and the pipes
    snprintf(name, sizeof name, "%d/environ", OTHER);
    put(name, "PATH=/bin");
    expect_fate(v, PROCESS_GONE, 0);
    for (size_t before = 4050; before < 4110; before++) { // also where it lies across two blocks
        memset(environment, 'x', before);
        snprintf(environment + before, sizeof environment - before, "=outer %s", MARK);
        put(name, environment);
        expect_fate(v, PROCESS_LIVES, OTHER);
    }
    put_process(OTHER, 'Z', OTHER, OTHER, 1, 5001);
    expect_fate(v, PROCESS_GONE, 0);
    put_process(OTHER, 'S', OTHER, OTHER, 1, 4999); // it began before
    expect_fate(v, PROCESS_GONE, 0);
    put_process(OTHER, 'S', OTHER, OTHER, 1, 5001);
    put(name, "=0123456789abcdef0123456789abcde");
    expect_fate(v, PROCESS_GONE, 0);
    value_set(&arena, (struct value *)v, "mark", value_string(&arena, "")); // of an older journal
    expect_fate(v, PROCESS_GONE, 0);
}

Test(process, is_not_whoever_gets_its_number)
{
    const struct value *v = describe();
    put_process(LEADER, 'S', LEADER, SESSION, 1, 9000);
    expect_fate(v, PROCESS_GONE, 0);
    put_process(OTHER, 'S', LEADER, 700000000, 1, 9001); // of that one's group
    take_away(LEADER);
    expect_fate(v, PROCESS_GONE, 0);
    put_process(OTHER, 'S', LEADER, SESSION, 1, 4999); // it began before
    expect_fate(v, PROCESS_GONE, 0);
    put_process(OTHER, 'S', OTHER, SESSION, 1, 5001); // of another group
    expect_fate(v, PROCESS_GONE, 0);
}

Test(process, is_gone_once_the_machine_was_started_anew)
{
    const struct value *v = describe();
    put("sys/kernel/random/boot_id", "boot-2\n");
    expect_fate(v, PROCESS_GONE, 0);
}

Test(process, is_not_seen_from_elsewhere)
{
    static const char *const fields[] = {"host", "namespace"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct value *v = describe();
        value_set(&arena, v, fields[i], value_string(&arena, "elsewhere"));
        expect_fate(v, PROCESS_UNSEEN, 0);
    }
    expect_fate(value_object(&arena), PROCESS_UNSEEN, 0);
    take_away(LEADER);
    expect_fate(describe(), PROCESS_UNSEEN, 0); // it was not seen when it was started
    const struct value *v = describe();
    char path[256];
    snprintf(path, sizeof path, "%s/sys/kernel/random/boot_id", proc);
    unlink(path);
    expect_fate(v, PROCESS_UNSEEN, 0);
}

Test(process, reads_the_real_one)
{
    pid_t who;
    const struct value *v = process_describe(&arena, PROC, getpid(), "");
    cr_assert_eq(value_get_int(v, "group", 0), getpgid(0));
    cr_assert_gt(value_get_int(v, "started", 0), 0);
    cr_assert_eq(process_look(PROC, v, &who), PROCESS_LIVES);
}
