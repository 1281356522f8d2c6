#include <criterion/criterion.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/duration.h"
#include "net/loop.h"

static struct loop *loop;
static struct buf said;

static void say(void *arg)
{
    buf_puts(&said, arg);
}

static struct timer *say_after(int64_t ms, const char *word)
{
    return timer_start(loop, ms, say, (char *)word);
}

static void open_loop(void)
{
    loop = loop_new();
}

static void close_loop(void)
{
    loop_free(loop);
    buf_free(&said);
}

static void run(void)
{
    while (loop_once(loop))
        ;
}

TestSuite(loop, .init = open_loop, .fini = close_loop, .timeout = 20);

Test(loop, an_empty_loop_has_nothing_left)
{
    cr_assert_not(loop_once(loop));
    loop_poll(loop);
}

Test(loop, timers_fire_by_their_time)
{
    say_after(60, "c");
    say_after(10, "a");
    say_after(30, "b");
    run();
    cr_assert_str_eq(buf_text(&said), "abc");
}

Test(loop, timers_of_one_time_fire_in_the_order_of_their_start)
{
    char letters[26][2] = {0};
    for (int i = 0; i < 26; i++) {
        letters[i][0] = (char)('a' + i);
        say_after(5, letters[i]);
    }
    run();
    cr_assert_str_eq(buf_text(&said), "abcdefghijklmnopqrstuvwxyz");
}

Test(loop, no_timer_is_early_nor_much_late)
{
    for (int ms = 1; ms <= 64; ms *= 2) {
        int64_t began = clock_steady();
        say_after(ms, "x");
        run();
        int64_t took = clock_steady() - began;
        cr_expect_geq(took, ms - 1, "%d ms took %ld", ms, (long)took);
        cr_expect_lt(took, ms + 500, "%d ms took %ld", ms, (long)took);
    }
}

static void waste_and_start(void *arg)
{
    int64_t until = clock_steady() + 80;
    while (clock_steady() < until)
        ;
    *(int64_t *)arg = clock_steady();
    say_after(50, "later");
}

Test(loop, a_timer_counts_from_now_after_a_long_callback)
{
    int64_t started = 0;
    timer_start(loop, 0, waste_and_start, &started);
    run();
    cr_assert_geq(clock_steady() - started, 49);
}

Test(loop, a_timer_never_fires_inside_timer_start)
{
    say_after(0, "x");
    say_after(-5, "y");
    cr_assert_eq(said.len, 0);
    loop_poll(loop);
    cr_assert_str_eq(buf_text(&said), "xy");
    cr_assert_not(loop_once(loop));
}

static void start_next(void *arg)
{
    buf_puts(&said, "1");
    say_after(0, arg);
}

Test(loop, a_timer_started_by_a_timer_fires_on_a_later_turn)
{
    timer_start(loop, 0, start_next, (char[]){"2"});
    cr_assert(loop_once(loop));
    cr_assert_str_eq(buf_text(&said), "1");
    cr_assert(loop_once(loop));
    cr_assert_str_eq(buf_text(&said), "12");
}

Test(loop, a_stopped_timer_does_not_fire)
{
    timer_stop(NULL);
    timer_stop(say_after(0, "x"));
    struct timer *second = say_after(2, "y");
    say_after(4, "z");
    timer_stop(second);
    run();
    cr_assert_str_eq(buf_text(&said), "z");
}

static struct timer *victims[2];

static void stop_others(void *arg)
{
    say(arg);
    timer_stop(victims[0]);
    timer_stop(victims[1]);
}

Test(loop, a_timer_may_stop_others_that_are_due_and_itself)
{
    victims[0] = timer_start(loop, 5, stop_others, (char[]){"a"});
    victims[1] = say_after(5, "b");
    say_after(5, "c");
    usleep(20000);
    run();
    cr_assert_str_eq(buf_text(&said), "ac");
}

Test(loop, loop_free_frees_what_is_left)
{
    say_after(1000000, "x");
    say_after(INT64_MAX, "y");
}

static int ends[2];
static struct watch *watch;

static void read_one(void *arg)
{
    char c[2] = {0};
    cr_assert_eq(read(ends[0], c, 1), 1);
    say(c);
    if (arg) {
        watch_stop(watch);
        watch = NULL;
    }
}

Test(loop, a_watch_calls_for_as_long_as_there_is_something_to_read)
{
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    watch = watch_readable(loop, ends[0], read_one, NULL);
    cr_assert_eq(write(ends[1], "abc", 3), 3);
    for (int i = 0; i < 3; i++)
        cr_assert(loop_once(loop));
    loop_poll(loop);
    cr_assert_str_eq(buf_text(&said), "abc");
    watch_stop(watch);
    watch_stop(NULL);
    cr_assert_not(loop_once(loop));
    close(ends[0]);
    close(ends[1]);
}

Test(loop, a_watch_may_be_stopped_from_inside)
{
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    watch = watch_readable(loop, ends[0], read_one, &loop);
    cr_assert_eq(write(ends[1], "abc", 3), 3);
    run();
    cr_assert_str_eq(buf_text(&said), "a");
    close(ends[0]);
    close(ends[1]);
}

static void on_signal(int signo, void *arg)
{
    buf_puts(arg, signo == SIGUSR1 ? "s" : "?");
}

Test(loop, signals_are_told_each_time)
{
    cr_assert(loop_on_signal(loop, SIGUSR1, on_signal, &said));
    say_after(10, "t");
    raise(SIGUSR1);
    loop_poll(loop);
    raise(SIGUSR1);
    run();
    cr_assert_str_eq(buf_text(&said), "sst");
}

Test(loop, a_signal_alone_is_nothing_to_wait_for)
{
    cr_assert(loop_on_signal(loop, SIGUSR1, on_signal, &said));
    cr_assert(loop_on_signal(loop, SIGUSR2, on_signal, &said));
    cr_assert_not(loop_once(loop));
}

static void *knock(void *arg)
{
    usleep(30000);
    kill(getpid(), *(int *)arg);
    return NULL;
}

Test(loop, a_signal_wakes_a_loop_that_waits)
{
    int signo = SIGUSR1;
    pthread_t thread;
    cr_assert(loop_on_signal(loop, SIGUSR1, on_signal, &said));
    struct timer *far = say_after(15000, "too late");
    pthread_create(&thread, NULL, knock, &signo);
    cr_assert(loop_once(loop));
    pthread_join(thread, NULL);
    cr_assert_str_eq(buf_text(&said), "s");
    timer_stop(far);
}

Test(loop, a_write_to_a_closed_pipe_does_not_end_the_process)
{
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    close(ends[0]);
    cr_assert_eq(write(ends[1], "x", 1), -1);
    close(ends[1]);
}
