#include <criterion/criterion.h>

#include "fetched.h"

static struct rude other;

static void open_all(void)
{
    rude_start(&other);
    fetched_open();
}

static void close_all(void)
{
    fetched_close();
    rude_stop(&other);
}

TestSuite(fetch_redirect, .init = open_all, .fini = close_all, .timeout = 60);

// The path that redirects with this status to `path` on 127.0.0.1:port, or to the bare path.
static const char *redirect(int status, const char *host, int port, const char *path)
{
    static char text[512];
    if (host)
        snprintf(text, sizeof text, "/to/%d/http://%s:%d%s", status, host, port, path);
    else
        snprintf(text, sizeof text, "/to/%d/%s", status, path);
    return at(text);
}

Test(fetch_redirect, none_is_followed_unless_asked)
{
    ask(&(struct fetch_request){.url = redirect(302, NULL, 0, "/ok")});
    expect_body(302, "moved");
    cr_expect_str_eq(header("Location"), "/ok");
    cr_expect_eq(got.result.redirects, 0);
    cr_expect_eq(server.requests, 1);
}

Test(fetch_redirect, relative_and_absolute_ones_are_followed)
{
    ask(&(struct fetch_request){.url = redirect(302, NULL, 0, "/ok"), .max_redirects = 5});
    expect_body(200, "hello");
    cr_expect_eq(got.result.redirects, 1);
    cr_expect_str_eq(got.result.url, at("/ok"));
    cr_expect_str_eq(header("Location"), "-");
    cr_expect_eq(got.result.attempts, 1);
    ask(&(struct fetch_request){.url = redirect(307, "127.0.0.1", other.port, "/chunked"),
                                .max_redirects = 1});
    expect_body(200, "abcdefg");
    cr_expect_eq(got.result.port, other.port);
    cr_expect_geq(got.result.total, got.result.connect);
}

Test(fetch_redirect, a_loop_ends)
{
    ask(&(struct fetch_request){.url = at("/to/302/to/302/x"), .max_redirects = 9});
    expect_error("stopped after 9 redirects", true); // each leads one folder further down
    cr_expect_eq(server.requests, 10);
    struct buf path = {0};
    for (int i = 0; i < 4; i++)
        buf_puts(&path, "/to/302/");
    buf_puts(&path, "/ok");
    ask(&(struct fetch_request){.url = at(buf_text(&path)), .max_redirects = 4});
    expect_body(200, "hello");
    cr_expect_eq(got.result.redirects, 4);
    ask(&(struct fetch_request){.url = at(buf_text(&path)), .max_redirects = 3});
    expect_error("stopped after 3 redirects; the next would lead to 'http://127.0.0.1:", true);
    buf_free(&path);
}

Test(fetch_redirect, only_http_and_https)
{
    const char *const places[] = {"file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/"};
    for (size_t i = 0; i < 3; i++) {
        ask(&(struct fetch_request){.url = redirect(302, NULL, 0, places[i]), .max_redirects = 3});
        expect_error("cannot follow the redirect of 127.0.0.1:", true);
        expect_error("only http and https are spoken", true);
    }
}

static const char *const secrets[] = {"Authorization: Bearer SECRET", "Cookie: SECRET=1",
                                      "X-Api-Key: SECRET", "Accept: text/plain", NULL};

Test(fetch_redirect, credentials_stay_with_their_host)
{
    const struct {
        const char *host;
        int port;
    } elsewhere[] = {{"127.0.0.1", other.port}, {"localhost", server.port}};
    for (size_t i = 0; i < 2; i++) {
        char url[512];
        snprintf(url, sizeof url, "http://me:SECRET@127.0.0.1:%d/to/302/http://%s:%d/echo",
                 server.port, elsewhere[i].host, elsewhere[i].port);
        ask(&(struct fetch_request){.url = url, .headers = secrets, .max_redirects = 3});
        cr_expect_eq(got.result.status, 200);
        cr_expect_null(strstr(got.result.body, "SECRET"), "%s", got.result.body);
        cr_expect_null(strstr(got.result.body, "Authorization"), "%s", got.result.body);
        cr_expect_not_null(strstr(got.result.body, "Accept: text/plain"));
        cr_expect_not_null(strstr(buf_text(&server.log), "Authorization: Bearer SECRET"));
        cr_expect_null(strstr(got.result.url, "SECRET"));
    }
}

Test(fetch_redirect, credentials_stay_away_after_a_way_round)
{
    char there[512], back[64];
    snprintf(back, sizeof back, "/to/302/http://127.0.0.1:%d/echo", server.port);
    snprintf(there, sizeof there, "/to/302/http://127.0.0.1:%d%s", other.port, back);
    ask(&(struct fetch_request){.url = at(there), .headers = secrets, .max_redirects = 3});
    cr_expect_eq(got.result.redirects, 2);
    cr_expect_null(strstr(got.result.body, "SECRET"), "%s", got.result.body);
}

Test(fetch_redirect, credentials_follow_on_the_same_host)
{
    ask(&(struct fetch_request){.url = redirect(302, "127.0.0.1", server.port, "/echo"),
                                .headers = secrets,
                                .max_redirects = 3});
    cr_expect_not_null(strstr(got.result.body, "\r\nAuthorization: Bearer SECRET\r\n"));
    cr_expect_not_null(strstr(got.result.body, "\r\nCookie: SECRET=1\r\n"));
    char url[256];
    snprintf(url, sizeof url, "http://me:p%%40ss@127.0.0.1:%d/to/301//echo", server.port);
    ask(&(struct fetch_request){.url = url, .max_redirects = 3});
    cr_expect_not_null(strstr(got.result.body, "\r\nAuthorization: Basic bWU6cEBzcw==\r\n"), "%s",
                       got.result.body);
}

Test(fetch_redirect, methods_after_a_redirect)
{
    const struct {
        const char *method, *then;
        int status;
        bool body;
    } cases[] = {
        {"POST", "GET", 301, false}, {"POST", "GET", 302, false},   {"POST", "GET", 303, false},
        {"POST", "POST", 307, true}, {"POST", "POST", 308, true},   {"PUT", "PUT", 302, true},
        {"PUT", "GET", 303, false},  {"DELETE", "GET", 303, false}, {"PATCH", "PATCH", 308, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ask(&(struct fetch_request){.url = redirect(cases[i].status, NULL, 0, "/echo"),
                                    .method = cases[i].method,
                                    .body = "BODY",
                                    .body_len = 4,
                                    .max_redirects = 2});
        char line[64];
        snprintf(line, sizeof line, "%s /echo HTTP/1.1\r\n", cases[i].then);
        cr_expect_eq(strncmp(got.result.body, line, strlen(line)), 0, "%s", got.result.body);
        cr_expect_eq(strstr(got.result.body, "BODY") != NULL, cases[i].body, "%zu", i);
    }
    ask(&(struct fetch_request){
        .url = redirect(303, NULL, 0, "/ok"), .method = "HEAD", .max_redirects = 2});
    expect_body(200, "");
}

Test(fetch_redirect, a_body_is_not_sent_to_another_host)
{
    ask(&(struct fetch_request){.url = redirect(307, "127.0.0.1", other.port, "/echo"),
                                .method = "POST",
                                .body = "SECRET",
                                .body_len = 6,
                                .max_redirects = 3});
    expect_error("another host: the body is not sent there", true);
    cr_expect_eq(other.requests, 0);
}

Test(fetch_redirect, the_time_is_for_all_of_them)
{
    ask(&(struct fetch_request){
        .url = redirect(302, NULL, 0, "/never"), .max_redirects = 3, .timeout_ms = 300});
    expect_error("timed out after 300ms (connected", true);
    cr_expect_lt(got.result.total, 1.5);
}

Test(fetch_redirect, each_attempt_starts_from_the_first_url)
{
    ask(&(struct fetch_request){.url = redirect(302, NULL, 0, "/retry/503/1/0"),
                                .max_redirects = 3,
                                .retries = 1,
                                .retry_ms = 1});
    expect_body(200, "good");
    cr_expect_eq(got.result.attempts, 2);
    cr_expect_eq(got.result.redirects, 1);
    cr_expect_eq(server.requests, 4);
}

Test(fetch_redirect, a_body_of_the_redirect_goes_nowhere)
{
    char path[] = "/tmp/test_redirect_XXXXXX";
    close(mkstemp(path));
    ask(&(struct fetch_request){
        .url = redirect(302, NULL, 0, "/ok"), .max_redirects = 3, .to_file = path});
    expect_body(200, "");
    FILE *file = fopen(path, "r");
    char text[16] = "";
    cr_expect_not_null(fgets(text, sizeof text, file));
    cr_expect_str_eq(text, "hello");
    fclose(file);
    unlink(path);
}
