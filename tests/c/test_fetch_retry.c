#include <criterion/criterion.h>

#include <time.h>

#include "base/duration.h"
#include "fetched.h"

TestSuite(fetch_retry, .init = fetched_open, .fini = fetched_close, .timeout = 60);

Test(fetch_retry, what_may_not_happen_twice_is_never_sent_twice)
{
    const char *const methods[] = {"POST", "PATCH", "PURGE"};
    for (size_t i = 0; i < 3; i++) {
        get("/pooled");
        int before = server.requests;
        ask(&(struct fetch_request){
            .method = methods[i], .url = at("/pooled"), .body = "x", .body_len = 1});
        cr_expect_eq(server.requests, before + 1);
        expect_body(200, "hello"); // on a connection of its own: the pooled one would not answer
        before = server.requests;
        ask(&(struct fetch_request){
            .method = methods[i], .url = at("/nothing"), .body = "x", .body_len = 1, .retries = 3});
        cr_expect_eq(server.requests, before + 1);
        expect_error("without an answer", true);
        cr_expect_eq(got.result.attempts, 1);
    }
    get("/pooled"); // a GET may: the dead connection goes unnoticed
    get("/pooled");
    expect_body(200, "hello");
}

Test(fetch_retry, retries)
{
    const struct {
        const char *path, *method;
        bool repeatable;
        int status, attempts;
    } cases[] = {
        {"/retry/503/1/0", "GET", false, 200, 2},   {"/retry/429/2/-", "GET", false, 200, 3},
        {"/retry/502/1/0", "PUT", false, 200, 2},   {"/retry/504/1/0", "DELETE", false, 200, 2},
        {"/retry/503/8/0", "GET", false, 503, 4},   {"/retry/500/1/0", "GET", false, 500, 1},
        {"/retry/503/1/0", "POST", false, 503, 1},  {"/retry/503/2/0", "POST", true, 200, 2},
        {"/retry/503/7/0", "PATCH", false, 503, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rude_stop(&server); // to count anew
        rude_start(&server);
        if (i == 7)
            get(cases[i].path);
        ask(&(struct fetch_request){.url = at(cases[i].path),
                                    .method = cases[i].method,
                                    .repeatable = cases[i].repeatable,
                                    .retries = 3,
                                    .retry_ms = 10});
        expect_body(cases[i].status, cases[i].status == 200 ? "good" : "bad");
        cr_expect_eq(got.result.attempts, cases[i].attempts, "%zu: %d", i, got.result.attempts);
    }
}

Test(fetch_retry, errors_are_retried_when_they_may_pass)
{
    const struct {
        const char *path, *method;
        int attempts;
    } cases[] = {{"/reset", "GET", 3}, {"/nothing", "PUT", 3}, {"/half", "GET", 3},
                 {"/never", "GET", 3}, {"/garbage", "GET", 1}, {"/endless", "GET", 1},
                 {"/reset", "POST", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ask(&(struct fetch_request){.url = at(cases[i].path),
                                    .method = cases[i].method,
                                    .timeout_ms = 500,
                                    .max_bytes = 1 << 16,
                                    .retries = 2,
                                    .retry_ms = 5});
        expect_error("", true);
        cr_expect_eq(got.result.attempts, cases[i].attempts, "%s: %d", cases[i].path,
                     got.result.attempts);
    }
    ask(&(struct fetch_request){.url = "http://127.0.0.1:1/", .retries = 2, .retry_ms = 5});
    expect_error("refused", false);
    cr_expect_eq(got.result.attempts, 3);
}

static int64_t time_of(const struct fetch_request *r)
{
    int64_t began = clock_steady();
    ask(r);
    return clock_steady() - began;
}

Test(fetch_retry, waits_as_long_as_the_server_says)
{
    struct fetch_request r = {.url = at("/retry/503/1/1"), .retries = 1, .retry_ms = 1};
    int64_t took = time_of(&r);
    expect_body(200, "good");
    cr_expect(took >= 999 && took < 1800, "%ld ms", (long)took);

    r.url = at("/retry/503/1/3600"); // at most retry_max_ms
    r.retry_max_ms = 100;
    took = time_of(&r);
    cr_expect(took >= 99 && took < 900, "%ld ms", (long)took);

    char date[64], path[128];
    time_t then = time(NULL) + 2;
    strftime(date, sizeof date, "%a,_%d_%b_%Y_%H:%M:%S_GMT", gmtime(&then));
    snprintf(path, sizeof path, "/retry/503/1/%s", date);
    r.url = at(path);
    r.retry_max_ms = 0;
    took = time_of(&r);
    expect_body(200, "good");
    cr_expect(took >= 900 && took < 2800, "%ld ms", (long)took);

    r.url = at("/retry/503/1/Sun,_06_Nov_1994_08:49:37_GMT");
    cr_expect_lt(time_of(&r), 500);
}

Test(fetch_retry, backs_off_further_each_time)
{
    struct fetch_request r = {.url = at("/retry/503/9/-"), .retries = 4, .retry_ms = 40};
    int64_t took = time_of(&r); // 40 + 80 + 160 + 320, of each half to all
    cr_expect(took >= 300 && took < 1200, "%ld ms", (long)took);
    r.retry_max_ms = 40;
    took = time_of(&r);
    cr_expect(took >= 80 && took < 600, "%ld ms", (long)took);
}

static bool only_teapots(const struct fetch_request *r, const struct fetch_ending *ending,
                         void *arg)
{
    char length[8];
    buf_printf(arg, "[%s %d %s %d%s]", ending->code ? ending->code : "answer", ending->status,
               r->method, fetch_header(ending->headers, "Content-Length", length, sizeof length),
               ending->sent ? "" : " unsent");
    return ending->status == 418 || ending->code;
}

Test(fetch_retry, the_caller_may_decide_about_retries)
{
    struct buf asked = {0};
    struct fetch_request r = {.url = at("/retry/418/1/0"),
                              .method = "POST",
                              .retries = 2,
                              .retry_ms = 1,
                              .again = only_teapots,
                              .again_arg = &asked};
    ask(&r);
    expect_body(200, "good");
    cr_expect_str_eq(buf_text(&asked), "[answer 418 POST 1][answer 200 POST 1]");
    buf_clear(&asked);
    r.url = at("/retry/503/1/0");
    ask(&r);
    expect_body(503, "bad");
    r.url = "http://127.0.0.1:1/";
    buf_clear(&asked);
    ask(&r);
    expect_error("refused", false);
    cr_expect_eq(got.result.attempts, 3);
    cr_expect_str_eq(buf_text(&asked), "[no_answer 0 POST 0 unsent][no_answer 0 POST 0 unsent]");
    buf_free(&asked);
}

Test(fetch_retry, an_earlier_attempt_that_was_sent_stays_sent)
{
    // The first attempt reaches the server, the second finds nobody.
    struct rude brief;
    char url_text[64];
    rude_start(&brief);
    snprintf(url_text, sizeof url_text, "http://127.0.0.1:%d/nothing", brief.port);
    struct fetch_request r = {
        .method = "POST", .url = url_text, .repeatable = true, .retries = 1, .retry_ms = 600};
    fetch_start(fetcher, &r, fetched_keep, &got);
    while (brief.requests == 0)
        loop_once(loop);
    rude_stop(&brief);
    run_loop();
    expect_error("refused", true);
    cr_expect_eq(got.result.attempts, 2);
}

static void settle(void *fetch)
{
    fetch_settle(fetch);
}

// Settled while it waits for its next attempt, which would be made in an hour.
Test(fetch_retry, what_is_settled_ends_with_the_attempt_that_was_made)
{
    const struct {
        const char *path, *method;
        int status;
        bool sent;
    } cases[] = {{"/retry/503/8/3600", "PUT", 503, true},
                 {"/retry/502/8/3600", "PUT", 502, true},
                 {"/reset", "PUT", 0, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rude_stop(&server); // to count anew
        rude_start(&server);
        arena_free(&got.arena);
        got = (struct fetched){0};
        struct fetch *f = fetch_start(fetcher,
                                      &(struct fetch_request){.url = at(cases[i].path),
                                                              .method = cases[i].method,
                                                              .retries = 3,
                                                              .retry_ms = 3600000,
                                                              .retry_max_ms = 3600000},
                                      fetched_keep, &got);
        timer_start(loop, 300, settle, f);
        run_loop();
        cr_assert_eq(got.calls, 1);
        cr_expect_eq(got.result.attempts, 1);
        cr_expect_eq(server.requests, 1);
        cr_expect_not(got.result.lost);
        if (cases[i].status)
            expect_body(cases[i].status, "bad");
        else
            expect_error("", cases[i].sent);
    }
}

Test(fetch_retry, an_attempt_that_got_no_answer_is_lost_though_the_next_was_answered)
{
    const struct {
        const char *path;
        bool lost;
    } cases[] = {{"/retry/502/1/0", true}, {"/retry/504/1/0", true}, {"/retry/503/1/0", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rude_stop(&server);
        rude_start(&server);
        ask(&(struct fetch_request){
            .url = at(cases[i].path), .method = "PUT", .retries = 3, .retry_ms = 5});
        expect_body(200, "good");
        cr_expect_eq(got.result.lost, cases[i].lost, "%s", cases[i].path);
    }
}
