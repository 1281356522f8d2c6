#include <criterion/criterion.h>

#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>

#include "base/duration.h"
#include "fetched.h"

TestSuite(fetch, .init = fetched_open, .fini = fetched_close, .timeout = 60);

// Name resolution for these tests: nothing leaves the machine, and one name is slow.
int getaddrinfo(const char *restrict node, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict out)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (node && strcmp(node, "slow.test") == 0)
        usleep(1500000);
    if (node && strcmp(node, "missing.test") == 0)
        return EAI_NONAME;
    return real(node && strstr(node, ".test") ? "127.0.0.1" : node, service, hints, out);
}

static char url_text[256];

Test(fetch, an_answer_with_all_that_belongs_to_it)
{
    get("/ok");
    expect_body(200, "hello");
    const struct fetch_result *r = &got.result;
    cr_expect_str_eq(r->headers, "Content-Length: 5\r\nX-A: one\r\nx-a:  two \r\n");
    cr_expect_str_eq(header("X-a"), "two");
    cr_expect_str_eq(header("X"), "-");
    cr_expect_str_eq(r->url, at("/ok"));
    cr_expect_str_eq(r->ip, "127.0.0.1");
    cr_expect_eq(r->port, server.port);
    cr_expect_eq(r->http_version, 11);
    cr_expect_eq(r->attempts, 1);
    cr_expect_eq(r->redirects, 0);
    cr_expect_eq(r->bytes, 5);
    cr_expect_gt(r->connect, 0);
    cr_expect_geq(r->connect, r->dns);
    cr_expect_geq(r->first_byte, r->connect);
    cr_expect_geq(r->total, r->first_byte);
    cr_expect_lt(r->total, 5);
    cr_expect_eq(r->tls, 0);
}

Test(fetch, the_forms_an_answer_may_have)
{
    get("/old");
    expect_body(200, "until the end");
    cr_expect_eq(got.result.http_version, 10);
    get("/chunked");
    expect_body(200, "abcdefg");
    get("/bare-newlines");
    expect_body(200, "ok");
    cr_expect_str_eq(header("x-b"), "b");
    get("/deflate");
    expect_body(200, "hello");
    get("/zstd"); // which was not asked for
    expect_body(200, "hello");
    get("/brotli");
    expect_body(200, "hello");
    get("/interim");
    expect_body(200, "");
    cr_expect_str_eq(header("x-early"), "-");
    cr_expect_str_eq(header("x-late"), "1");
    get("/status/404");
    expect_body(404, "/status/404");
    get("/length/3000000");
    cr_expect_eq(got.result.body_len, 3000000);
    cr_expect_eq(got.result.bytes, 3000000);
}

Test(fetch, what_is_sent)
{
    const char *headers[] = {"X-One: 1", "X-Empty:", "Accept: text/x", NULL};
    get("/echo");
    cr_expect_not_null(strstr(got.result.body, "\r\nUser-Agent: runbook/"));
    cr_expect_not_null(strstr(got.result.body, "\r\nAccept-Encoding: gzip, deflate, br\r\n"));
    ask(&(struct fetch_request){.method = "PATCH",
                                .url = at("/echo"),
                                .headers = headers,
                                .body = "a\nb",
                                .body_len = 3,
                                .user_agent = "me"});
    const char *body = got.result.body;
    cr_expect_eq(strncmp(body, "PATCH /echo HTTP/1.1\r\n", 22), 0, "%s", body);
    cr_expect_not_null(strstr(body, "\r\nX-One: 1\r\n"));
    cr_expect_not_null(strstr(body, "\r\nX-Empty:\r\n"));
    cr_expect_not_null(strstr(body, "\r\nAccept: text/x\r\n"));
    cr_expect_not_null(strstr(body, "\r\nUser-Agent: me\r\n"));
    cr_expect_not_null(strstr(body, "\r\nContent-Length: 3\r\n"));
    cr_expect_not_null(strstr(body, "\r\n\r\na\nb"));
    cr_expect_null(strstr(body, "Content-Type"), "curl guessed a type: %s", body);
    cr_expect_null(strstr(body, "Expect"));
}

Test(fetch, methods_and_bodies)
{
    const struct {
        const char *method, *body, *line, *length;
    } cases[] = {
        {"GET", NULL, "GET /echo ", NULL},
        {"GET", "xy", "GET /echo ", "Content-Length: 2"},
        {"POST", NULL, "POST /echo ", "Content-Length: 0"},
        {"PUT", "", "PUT /echo ", "Content-Length: 0"},
        {"DELETE", NULL, "DELETE /echo ", NULL},
        {"PURGE", NULL, "PURGE /echo ", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text = cases[i].body;
        ask(&(struct fetch_request){.method = cases[i].method,
                                    .url = at("/echo"),
                                    .body = text,
                                    .body_len = text ? strlen(text) : 0});
        const char *body = got.result.body;
        cr_expect_eq(strncmp(body, cases[i].line, strlen(cases[i].line)), 0, "%s", body);
        if (cases[i].length)
            cr_expect_not_null(strstr(body, cases[i].length), "%s", body);
        else
            cr_expect_null(strstr(body, "Content-Length"), "%s", body);
    }
    ask(&(struct fetch_request){.method = "HEAD", .url = at("/ok")});
    expect_body(200, "");
    cr_expect_str_eq(header("content-length"), "5");
}

Test(fetch, a_request_that_cannot_be_asked_is_refused_through_done)
{
    const char *const lines[] = {"X: a\r\nEvil: 1",
                                 "X: a\nEvil: 1",
                                 "X\r\nEvil: 1",
                                 "no colon",
                                 ": no name",
                                 "Bad Name: x",
                                 "X: \x01",
                                 "",
                                 NULL};
    for (int i = 0; lines[i]; i++) {
        const char *headers[] = {"Fine: 1", lines[i], NULL};
        ask(&(struct fetch_request){.url = at("/ok"), .headers = headers});
        expect_error(i < 2 || i == 6 ? "the header 'X' holds a line break" : "header", false);
    }
    const struct {
        struct fetch_request request;
        const char *says;
    } cases[] = {
        {{.url = "http://127.0.0.1:1/", .method = "GET / HTTP/1.1\r\nX: y"}, "not an HTTP method"},
        {{.url = "http://127.0.0.1:1/", .user_agent = "x\r\ny"}, "user agent holds a line break"},
        {{.url = "http://127.0.0.1:1/\r\nX: y"}, "is not a URL"},
        {{.url = NULL}, "'' is not a URL"},
        {{.url = "example.com/x"}, "must start with http:// or https://"},
        {{.url = "http://h:99999/"}, "is not a URL: "},
        {{.url = "ftp://127.0.0.1/x"}, "only http and https are spoken"},
        {{.url = "file:///etc/passwd"}, "only http and https are spoken"},
        {{.url = "gemini://x/"}, "only http and https are spoken"},
        {{.url = "http://127.0.0.1:1/", .connect_to = "a:b"}, "'a:b' is not an address"},
        {{.url = "http://127.0.0.1:1/", .connect_to = "[::1"}, "'[::1' is not an address"},
        {{.url = "http://127.0.0.1:1/", .connect_to = "h:70000"}, "'h:70000' is not an address"},
        {{.url = "http://127.0.0.1:1/", .to_file = "/nowhere/x"}, "cannot write '/nowhere/x': No"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ask(&cases[i].request);
        expect_error(cases[i].says, false);
    }
    cr_assert_eq(server.requests, 0);
}

Test(fetch, faults_before_the_request_left)
{
    ask(&(struct fetch_request){.url = "http://missing.test/"});
    expect_error("could not resolve host 'missing.test'", false);
    ask(&(struct fetch_request){.url = "http://127.0.0.1:1/"});
    expect_error("connection refused by 127.0.0.1:1", false);
    ask(&(struct fetch_request){.url = "http://[::1]:1/"});
    expect_error("connection refused by [::1]:1", false);
    ask(&(struct fetch_request){.url = "http://x.test/", .connect_to = "127.0.0.1:1"});
    expect_error("connection refused by x.test:80 (reached through 127.0.0.1:1)", false);
    ask(&(struct fetch_request){.url = at("/ok"), .proxy = "http://127.0.0.1:1"});
    expect_error("could not connect to the proxy 127.0.0.1:1 on the way to 127.0.0.1:", false);
    setenv("https_proxy", "http://[::1]:1", 1);
    ask(&(struct fetch_request){.url = "https://shop.test/"});
    expect_error("could not connect to the proxy [::1]:1 on the way to shop.test:443: ", false);
    unsetenv("https_proxy");
    snprintf(url_text, sizeof url_text, "https://127.0.0.1:%d/garbage", server.port);
    ask(&(struct fetch_request){.url = url_text, .timeout_ms = 500});
    cr_expect_not_null(strstr(got.result.error, "TLS handshake with 127.0.0.1:"), "%s",
                       got.result.error);
    cr_expect_not(got.result.sent);
}

Test(fetch, faults_of_the_answer)
{
    const struct {
        const char *path, *says;
    } cases[] = {
        {"/garbage", "is not HTTP"},
        {"/nothing", "closed the connection without an answer"},
        {"/reset", "broke before an answer came: Connection reset by peer"},
        {"/half", "broke off after 10 bytes of the body"},
        {"/bad-chunk", "127.0.0.1:"},
        {"/bad-gzip", "could not be decompressed"},
        {"/endless-header", "headers that 127.0.0.1:"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        get(cases[i].path);
        expect_error(cases[i].says, true);
    }
}

static void expect_timeout(const char *path, const char *says)
{
    int64_t began = clock_steady();
    ask(&(struct fetch_request){.url = at(path), .timeout_ms = 300});
    expect_error(says, true);
    cr_expect_geq(clock_steady() - began, 299);
    cr_expect_lt(clock_steady() - began, 2000);
}

Test(fetch, time_runs_out)
{
    expect_timeout("/never", "timed out after 300ms (connected to 127.0.0.1:");
    expect_timeout("/slow-headers", "timed out after 300ms (");
    expect_timeout("/stall", "stopped answering after 10 bytes of the body)");
}

Test(fetch, time_runs_out_while_resolving)
{
    int64_t began = clock_steady();
    ask(&(struct fetch_request){.url = "http://slow.test/", .timeout_ms = 200});
    expect_error("timed out after 200ms while resolving 'slow.test'", false);
    cr_expect_lt(clock_steady() - began, 1000, "the name server was waited for");
    ask(&(struct fetch_request){.url = "http://slow.test/", .connect_timeout_ms = 200});
    expect_error("timed out after 200ms while resolving 'slow.test'", false);
    usleep(1600000); // let curl's threads end before their memory is counted
}

Test(fetch, time_runs_out_while_connecting)
{
    // A listener whose queue is full lets nobody in.
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof in;
    int listener = socket(AF_INET, SOCK_STREAM, 0), clients[4];
    cr_assert_eq(bind(listener, (struct sockaddr *)&in, sizeof in), 0);
    cr_assert_eq(listen(listener, 0), 0);
    getsockname(listener, (struct sockaddr *)&in, &len);
    for (int i = 0; i < 4; i++) {
        clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        cr_expect(connect(clients[i], (struct sockaddr *)&in, sizeof in) == 0 ||
                  errno == EINPROGRESS);
    }
    snprintf(url_text, sizeof url_text, "http://127.0.0.1:%d/", ntohs(in.sin_port));
    ask(&(struct fetch_request){.url = url_text, .connect_timeout_ms = 300});
    expect_error("timed out after 300ms while connecting to 127.0.0.1:", false);
    ask(&(struct fetch_request){.url = url_text, .timeout_ms = 200});
    expect_error("timed out after 200ms while connecting to 127.0.0.1:", false);
    for (int i = 0; i < 4; i++)
        close(clients[i]);
    close(listener);
}

Test(fetch, cancel_at_any_moment)
{
    const char *const paths[] = {"/ok", "/never", "/stall", "/endless", "/retry/503/9/1", "/half"};
    for (int turns = 0; turns < 8; turns++) {
        for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
            struct fetched once = {0};
            struct fetch_request r = {
                .url = at(paths[i]), .retries = 3, .timeout_ms = 40, .max_bytes = 1 << 30};
            struct fetch *f = fetch_start(fetcher, &r, fetched_keep, &once);
            for (int t = 0; t < turns && !once.calls; t++)
                loop_once(loop);
            if (!once.calls)
                fetch_cancel(f);
            run_loop();
            arena_free(&once.arena);
        }
    }
    struct fetch_request r = {.url = "http://slow.test/"};
    struct fetch *f = fetch_start(fetcher, &r, fetched_keep, &got);
    loop_once(loop);
    int64_t began = clock_steady();
    fetch_cancel(f);
    cr_expect_lt(clock_steady() - began, 200, "the name server was waited for");
    fetch_start(fetcher, &r, fetched_keep, &got); // for fetcher_free to end
    cr_assert_eq(got.calls, 0);
    usleep(1600000);
}

static struct fetch *rest[20];

static void cancel_rest(struct fetch *f, const struct fetch_result *r, void *arg)
{
    (void)r;
    ++*(int *)arg;
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        if (rest[i] && rest[i] != f)
            fetch_cancel(rest[i]);
    memset(rest, 0, sizeof rest);
}

Test(fetch, done_may_cancel_the_others)
{
    int calls = 0;
    for (int round = 0; round < 5; round++) {
        for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
            rest[i] = fetch_start(fetcher, &(struct fetch_request){.url = at("/ok")}, cancel_rest,
                                  &calls);
        run_loop();
        cr_assert_eq(calls, round + 1);
    }
}

static void chain_next(struct fetch *f, const struct fetch_result *r, void *arg)
{
    (void)f;
    int *left = arg;
    cr_assert_null(r->error, "%s", r->error);
    if (--*left > 0)
        fetch_start(fetcher, &(struct fetch_request){.url = at("/ok")}, chain_next, arg);
}

Test(fetch, connections_are_kept_and_done_may_start_the_next)
{
    int left = 50;
    fetch_start(fetcher, &(struct fetch_request){.url = at("/ok")}, chain_next, &left);
    run_loop();
    cr_expect_eq(left, 0);
    cr_expect_eq(server.requests, 50);
    cr_expect_eq(server.count, 1, "%d connections", server.count);
}

Test(fetch, many_at_once)
{
    enum { MANY = 100 };
    struct fetched all[MANY] = {0};
    for (int i = 0; i < MANY; i++)
        fetch_start(fetcher, &(struct fetch_request){.url = at(i % 3 ? "/ok" : "/half")},
                    fetched_keep, &all[i]);
    run_loop();
    for (int i = 0; i < MANY; i++) {
        cr_expect_eq(all[i].calls, 1);
        cr_expect_eq(!all[i].result.error, i % 3 != 0);
        arena_free(&all[i].arena);
    }
}

Test(fetch, connect_to_goes_elsewhere_but_asks_by_name)
{
    const char *const forms[] = {"127.0.0.1:%d", "localhost:%d"};
    for (size_t i = 0; i < 2; i++) {
        char to[64];
        snprintf(to, sizeof to, forms[i], server.port);
        ask(&(struct fetch_request){.url = "http://shop.test:81/echo", .connect_to = to});
        cr_assert_null(got.result.error, "%s", got.result.error);
        cr_expect_not_null(strstr(got.result.body, "\r\nHost: shop.test:81\r\n"));
        cr_expect_eq(got.result.port, server.port);
    }
    snprintf(url_text, sizeof url_text, "127.0.0.1:%d", server.port);
    ask(&(struct fetch_request){.url = "http://b\xc3\xbc"
                                       "cher.test:81/echo",
                                .connect_to = url_text});
    cr_assert_null(got.result.error, "%s", got.result.error);
    cr_expect_not_null(strstr(got.result.body, "\r\nHost: xn--bcher-kva.test:81\r\n"), "%s",
                       got.result.body);
    snprintf(url_text, sizeof url_text, "http://missing.test:%d/echo", server.port);
    ask(&(struct fetch_request){.url = url_text, .connect_to = "127.0.0.1"});
    cr_assert_null(got.result.error, "%s", got.result.error);
    cr_expect_eq(got.result.port, server.port);
    const char *const six[] = {"::1", "[::1]", "[::1]:1"};
    for (size_t i = 0; i < 3; i++) {
        ask(&(struct fetch_request){.url = "http://x.test:1/", .connect_to = six[i]});
        expect_error("connection refused by x.test:1", false);
        cr_expect_not_null(strstr(got.result.error, six[i]));
    }
}

Test(fetch, a_proxy_is_asked)
{
    char proxy[64];
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", server.port);
    ask(&(struct fetch_request){.url = "http://shop.test/ok", .proxy = proxy});
    cr_expect_eq(rude_requests_for(&server, "http://shop.test/ok"), 1);
    setenv("http_proxy", proxy, 1);
    ask(&(struct fetch_request){.url = "http://shop.test/ok2"});
    cr_expect_eq(rude_requests_for(&server, "http://shop.test/ok2"), 1);
    ask(&(struct fetch_request){.url = at("/ok"), .proxy = ""});
    expect_body(200, "hello");
    setenv("no_proxy", "shop.test", 1);
    ask(&(struct fetch_request){.url = "http://shop.test:1/ok3"});
    expect_error("connection refused by shop.test:1", false);
    ask(&(struct fetch_request){.url = "http://shop.test:1/ok3", .proxy = proxy});
    cr_expect_eq(rude_requests_for(&server, "http://shop.test:1/ok3"), 1);
    ask(&(struct fetch_request){.url = "https://shop.test/ok", .proxy = proxy});
    expect_error("the proxy would not connect to shop.test:443 (status 404)", false);
}

static const char *long_proxy(void)
{
    static char text[400];
    int login = snprintf(text, sizeof text, "http://user:");
    memset(text + login, 'p', 300);
    memcpy(text + login, "p4ss@w0rd", 9);
    strcpy(text + login + 300, "@10.0.0.1:x1");
    return text;
}

Test(fetch, a_proxys_password_is_not_told)
{
    ask(&(struct fetch_request){.url = at("/ok"), .proxy = "http://user:p4ss@w0rd@10.0.0.1:x1"});
    expect_error("Unsupported proxy syntax in 'http://***@10.0.0.1:x1'", false);
    ask(&(struct fetch_request){.url = at("/ok"), .proxy = "us'er:p4ss://w0rd@10.0.0.1:x1"});
    expect_error("Unsupported proxy syntax in '***@10.0.0.1:x1'", false);
    ask(&(struct fetch_request){.url = at("/ok"), .proxy = "ftps://user:p4ssw0rd@10.0.0.1:1"});
    expect_error("Unsupported proxy scheme for 'ftps://***@10.0.0.1:1'", false);
    ask(&(struct fetch_request){.url = at("/ok"), .proxy = long_proxy()}); // curl cuts it
    expect_error("Unsupported proxy syntax in 'http://***", false);
    cr_expect_null(strstr(got.result.error, "p4ss"), "%s", got.result.error);
}

// A SOCKS proxy that wants Kerberos, whatever it is offered; `arg` is the socket on which it
// listens.
static void *kerberos_proxy(void *arg)
{
    char greeting[16] = "";
    int fd = accept(*(int *)arg, NULL, NULL);
    ssize_t n = recv(fd, greeting, sizeof greeting, 0);
    bool offered = n > 2 && memchr(greeting + 2, 1, (size_t)n - 2);
    send(fd, "\5\1", 2, MSG_NOSIGNAL);
    while (recv(fd, greeting, sizeof greeting, 0) > 0)
        ;
    close(fd);
    return offered ? arg : NULL;
}

// Kerberos and the rest of what this libcurl is linked without.
Test(fetch, what_is_left_out_is_not_reached)
{
    get("/negotiate");
    expect_body(401, "no");

    struct sockaddr_in where = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof where;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    pthread_t thread;
    void *offered;
    char proxy[64];
    cr_assert(bind(fd, (struct sockaddr *)&where, len) == 0 && listen(fd, 4) == 0 &&
              getsockname(fd, (struct sockaddr *)&where, &len) == 0);
    snprintf(proxy, sizeof proxy, "socks5h://127.0.0.1:%d", ntohs(where.sin_port));
    pthread_create(&thread, NULL, kerberos_proxy, &fd);
    ask(&(struct fetch_request){.url = "http://shop.test/ok", .proxy = proxy});
    expect_error("proxy", false);
    pthread_join(thread, &offered);
    close(fd);
    cr_expect_null(offered, "Kerberos was offered");

    static const char *const urls[] = {"scp://x/y", "sftp://x/y", "ldap://x/y", "ldaps://x/y",
                                       "rtmp://x/y"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        ask(&(struct fetch_request){.url = urls[i]});
        expect_error("only http and https are spoken", false);
    }
}

Test(fetch, a_fetcher_that_was_never_used)
{
    struct fetcher *idle = fetcher_new(loop);
    fetch_start(idle, &(struct fetch_request){.url = at("/ok")}, fetched_keep, &got);
    fetcher_free(idle);
    fetcher_free(NULL);
    run_loop();
    cr_expect_eq(got.calls, 0);
}

Test(fetch, text_helpers)
{
    struct buf out = {0};
    fetch_escape(&out, "aZ09-._~ /?&=+%\xc3\xa9\0", 18);
    cr_expect_str_eq(buf_text(&out), "aZ09-._~%20%2F%3F%26%3D%2B%25%C3%A9%00");
    buf_free(&out);

    char small[4];
    const char *lines = "A: 1\r\nAB:22\r\na:\t 333 \t\r\nE:\r\n";
    cr_expect(fetch_header(lines, "a", small, sizeof small));
    cr_expect_str_eq(small, "333");
    cr_expect(fetch_header(lines, "ab", small, sizeof small));
    cr_expect_str_eq(small, "22");
    cr_expect(fetch_header(lines, "E", small, sizeof small));
    cr_expect_str_eq(small, "");
    cr_expect_not(fetch_header(lines, "a", small, 3));
    cr_expect_not(fetch_header(lines, "b", small, sizeof small));
    cr_expect_not(fetch_header("", "a", small, sizeof small));
    cr_expect_not(fetch_header(NULL, "a", small, sizeof small));
}
