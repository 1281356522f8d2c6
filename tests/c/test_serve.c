#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/duration.h"
#include "net/loop.h"
#include "net/mint.h"
#include "net/serve.h"

enum { PATIENCE_MS = 20000 };
static const size_t MIB = 1048576;

static struct loop *loop;
static struct error err;

// What the last requests left behind, for the tests to look at.
static struct exchange *held[512];
static int held_count, gone_count;

static void count_gone(void *arg)
{
    gone_count++;
    if (arg)
        *(struct exchange **)arg = NULL;
}

static void list_header(const char *name, const char *value, void *arg)
{
    if (strncmp(name, "X-", 2) == 0)
        buf_printf(arg, "%s=%s;", name, value);
}

static void later(void *arg)
{
    exchange_reply(arg, 200, "late", 4);
}

// One server for all tests: the path says how it behaves.
static void answer(struct exchange *x, void *arg)
{
    (void)arg;
    const char *target = exchange_target(x);
    size_t len;
    const char *body = exchange_body(x, &len);
    struct buf out = {0};
    if (strncmp(target, "/echo", 5) == 0) {
        buf_printf(&out, "%s %s %zu %.*s", exchange_method(x), target, len, len < 99 ? (int)len : 0,
                   body);
        exchange_set_header(x, "Content-Type", "text/plain");
        exchange_reply(x, 200, out.data, out.len);
    } else if (strncmp(target, "/headers", 8) == 0) {
        buf_printf(&out, "%s|", exchange_header(x, "x-one") ? exchange_header(x, "x-one") : "none");
        exchange_headers(x, list_header, &out);
        exchange_set_header(x, "X-Set", "first");
        exchange_set_header(x, "x-set", "second");
        exchange_set_header(x, "X-Bad", "a\r\nX-Smuggled: 1");
        exchange_reply(x, 200, out.data, out.len);
    } else if (strncmp(target, "/status/", 8) == 0) {
        exchange_reply(x, atoi(target + 8), "body", 4);
    } else if (strcmp(target, "/peer") == 0) {
        buf_printf(&out, "%s", exchange_peer(x));
        exchange_reply(x, 200, out.data, out.len);
    } else if (strcmp(target, "/stream") == 0) {
        exchange_begin(x, 200);
        exchange_chunk(x, "one\n", 4);
        exchange_chunk(x, "", 0);
        exchange_chunk(x, "two\n", 4);
        exchange_end(x);
    } else if (strcmp(target, "/abort") == 0) {
        exchange_abort(x);
    } else if (strcmp(target, "/abort-midway") == 0) {
        exchange_begin(x, 200);
        exchange_chunk(x, "half", 4);
        held[held_count++] = x;
    } else if (strcmp(target, "/later") == 0) {
        timer_start(loop, 50, later, x);
    } else if (strcmp(target, "/watch") == 0) {
        held[held_count] = x;
        exchange_on_gone(x, count_gone, &held[held_count++]);
        exchange_begin(x, 200);
        exchange_chunk(x, "first\n", 6);
    } else if (strcmp(target, "/hold") == 0) {
        held[held_count] = x;
        exchange_on_gone(x, count_gone, &held[held_count++]);
    } else if (strcmp(target, "/hold-unwatched") == 0) {
        held[held_count++] = x;
    } else {
        exchange_reply(x, 404, NULL, 0);
    }
    buf_free(&out);
}

static struct server *start(const struct mint *m)
{
    loop = loop_new();
    struct server *s = server_start(loop, "127.0.0.1", 0, m ? m->cert_pem : NULL,
                                    m ? m->key_pem : NULL, answer, NULL, &err);
    cr_assert(s != NULL, "%s", error_text(&err));
    return s;
}

static void stop(struct server *s)
{
    server_stop(s);
    loop_free(loop);
}

static void expire(void *arg)
{
    *(bool *)arg = true;
}

// Turns the loop until *watched is `wanted`, for a while.
static void turn_until(const int *watched, int wanted)
{
    bool late = false;
    struct timer *t = timer_start(loop, PATIENCE_MS, expire, &late);
    while (*watched != wanted && !late)
        loop_once(loop);
    if (!late)
        timer_stop(t);
    cr_assert(eq(int, *watched, wanted));
}

struct reader {
    int fd, ended;
    struct buf *out;
};

static void on_bytes(void *arg)
{
    struct reader *r = arg;
    char bytes[65536];
    ssize_t n = read(r->fd, bytes, sizeof bytes);
    if (n > 0)
        buf_add(r->out, bytes, (size_t)n);
    else if (n == 0 || errno != EAGAIN)
        r->ended = 1;
}

static void read_to_end(int fd, struct buf *out)
{
    struct reader r = {.fd = fd, .out = out};
    struct watch *w = watch_readable(loop, fd, on_bytes, &r);
    turn_until(&r.ended, 1);
    watch_stop(w);
}

// Runs curl against the server on `loop`; what it printed ends in its exit code, as in "...[0]".
static char *curl(const char *format, ...)
{
    struct buf command = {0}, out = {0};
    buf_puts(&command, "curl -sS --noproxy '*' ");
    va_list args;
    va_start(args, format);
    buf_vprintf(&command, format, args);
    va_end(args);
    buf_puts(&command, " 2>&1; printf '[%s]' $?");
    FILE *pipe = popen(command.data, "r");
    cr_assert(pipe != NULL);
    read_to_end(fileno(pipe), &out);
    pclose(pipe);
    buf_free(&command);
    return buf_take(&out);
}

#define expect_curl(wanted, ...)                                                                   \
    do {                                                                                           \
        char *got_ = curl(__VA_ARGS__);                                                            \
        cr_expect(eq(str, got_, (char *)(wanted)));                                                \
        free(got_);                                                                                \
    } while (0)

static int dial(const struct server *s)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)server_port(s)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    cr_assert(connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
    return fd;
}

static void say(int fd, const char *text)
{
    cr_assert(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

// Reads from fd, turning the loop, until `mark` was seen.
static char *read_until(int fd, const char *mark)
{
    struct buf out = {0};
    int64_t until = clock_steady() + PATIENCE_MS;
    while (!strstr(buf_text(&out), mark) && clock_steady() < until) {
        loop_poll(loop);
        struct reader r = {.fd = fd, .out = &out};
        if (poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 5) > 0)
            on_bytes(&r);
        if (r.ended)
            break;
    }
    cr_assert(strstr(buf_text(&out), mark) != NULL, "no '%s' in '%s'", mark, buf_text(&out));
    return buf_take(&out);
}

Test(serve, hands_over_every_method_with_its_body)
{
    struct server *s = start(NULL);
    int port = server_port(s);
    static const char *const with_body[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    for (size_t i = 0; i < sizeof with_body / sizeof *with_body; i++) {
        char wanted[64];
        snprintf(wanted, sizeof wanted, "%s /echo?a=%%20b 5 hello[0]", with_body[i]);
        expect_curl(wanted, "-X %s -d hello 'http://127.0.0.1:%d/echo?a=%%20b'", with_body[i],
                    port);
    }
    expect_curl("DELETE /echo 0 [0]", "-X DELETE http://127.0.0.1:%d/echo", port);
    expect_curl("TRACE /echo 0 [0]", "-X TRACE http://127.0.0.1:%d/echo", port);
    expect_curl("POST /echo 5 hello[0]",
                "-d hello -H 'Transfer-Encoding: chunked' http://127.0.0.1:%d/echo", port);
    stop(s);
}

Test(serve, takes_the_absolute_form_of_a_target)
{
    struct server *s = start(NULL);
    expect_curl("GET /echo?x 0 [0]", "--noproxy '' -x http://127.0.0.1:%d http://shop.test/echo?x",
                server_port(s));
    stop(s);
}

Test(serve, answers_an_unknown_method_with_501)
{
    struct server *s = start(NULL);
    static const char *const unknown[] = {"BREW", "get", "PROPFIND"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        expect_curl("501[0]", "-o /dev/null -w '%%{http_code}' -X %s http://127.0.0.1:%d/echo",
                    unknown[i], server_port(s));
    expect_curl("curl: (56) CONNECT tunnel failed, response 501\n501[56]",
                "--noproxy '' -m 5 -o /dev/null -p -x http://127.0.0.1:%d -w '%%{http_connect}' "
                "http://a.test/",
                server_port(s));
    stop(s);
}

Test(serve, head_tells_the_length_and_sends_no_body)
{
    struct server *s = start(NULL);
    int fd = dial(s);
    say(fd, "HEAD /echo HTTP/1.1\r\nHost: a\r\n\r\n"
            "HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n"
            "HEAD /status/204 HTTP/1.1\r\nHost: a\r\n\r\n"
            "GET /status/304 HTTP/1.1\r\nHost: a\r\n\r\n"
            "GET /status/404 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    struct buf out = {0};
    read_to_end(fd, &out);
    // Between the end of one answer's headers and the next there must be nothing.
    int answers = 0, empty = 0;
    for (char *at = out.data; (at = strstr(at, "HTTP/1.1 ")); at++)
        answers++;
    for (char *at = out.data; (at = strstr(at, "\r\n\r\nHTTP/1.1 ")); at++)
        empty++;
    cr_expect(eq(int, answers, 5));
    cr_expect(eq(int, empty, 4));
    cr_expect(strstr(out.data, "Content-Length: 13\r\n") != NULL, "%s", out.data);
    cr_expect(strstr(out.data, "\r\n\r\nbody") != NULL);
    close(fd);
    buf_free(&out);
    stop(s);
}

Test(serve, a_body_after_head_is_not_taken_for_a_request)
{
    struct server *s = start(NULL);
    int fd = dial(s);
    say(fd, "HEAD /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 34\r\n\r\n"
            "GET /abort HTTP/1.1\r\nHost: evil\r\n\r\n");
    struct buf out = {0};
    read_to_end(fd, &out);
    cr_expect(strstr(out.data, "Connection: close") != NULL);
    cr_expect(strstr(out.data + 9, "HTTP/1.1 ") == NULL);
    close(fd);
    buf_free(&out);
    stop(s);
}

Test(serve, headers_are_read_and_set)
{
    struct server *s = start(NULL);
    char *got = curl("-i -H 'X-One: 1' -H 'X-Two: zwei' -H 'X-One: again' "
                     "http://127.0.0.1:%d/headers",
                     server_port(s));
    cr_expect(strstr(got, "1|X-One=1;X-Two=zwei;X-One=again;[0]") != NULL, "%s", got);
    cr_expect(strstr(got, "x-set: second\r\n") != NULL);
    cr_expect(strstr(got, "first") == NULL);
    cr_expect(strstr(got, "Smuggled") == NULL);
    cr_expect(strstr(got, "Content-Type") == NULL);
    free(got);
    got = curl("-i http://127.0.0.1:%d/status/429", server_port(s));
    cr_expect(strncmp(got, "HTTP/1.1 429 Too Many Requests\r\n", 32) == 0, "%s", got);
    free(got);
    expect_curl("127.0.0.1[0]", "http://127.0.0.1:%d/peer", server_port(s));
    stop(s);
}

Test(serve, keeps_the_connection)
{
    struct server *s = start(NULL);
    expect_curl(
        "1 0 0 [0]",
        "-o /dev/null -o /dev/null -o /dev/null -w '%%{num_connects} ' "
        "http://127.0.0.1:%1$d/echo http://127.0.0.1:%1$d/stream http://127.0.0.1:%1$d/later",
        server_port(s));
    stop(s);
}

Test(serve, answers_pipelined_requests_in_their_order)
{
    struct server *s = start(NULL);
    int fd = dial(s);
    say(fd, "GET /later HTTP/1.1\r\nHost: a\r\n\r\nGET /echo/2 HTTP/1.1\r\nHost: a\r\n\r\n"
            "GET /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    struct buf out = {0};
    read_to_end(fd, &out);
    char *one = strstr(out.data, "late"), *two = strstr(out.data, "GET /echo/2");
    cr_expect(one && two && one < two);
    cr_expect(strstr(out.data, "4\r\none\n\r\n4\r\ntwo\n\r\n0\r\n\r\n") > two);
    close(fd);
    buf_free(&out);
    stop(s);
}

Test(serve, streams_while_the_answer_is_open)
{
    struct server *s = start(NULL);
    int fd = dial(s);
    say(fd, "GET /watch HTTP/1.1\r\nHost: a\r\n\r\n");
    char *got = read_until(fd, "6\r\nfirst\n\r\n");
    cr_expect(strstr(got, "Transfer-Encoding: chunked") != NULL);
    free(got);
    exchange_chunk(held[0], "second\n", 7);
    free(read_until(fd, "7\r\nsecond\n\r\n"));
    exchange_end(held[0]);
    free(read_until(fd, "0\r\n\r\n"));
    say(fd, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
    free(read_until(fd, "GET /echo 0"));
    close(fd);
    cr_expect(eq(int, gone_count, 0));
    stop(s);
}

Test(serve, an_http_1_0_stream_ends_with_the_connection)
{
    struct server *s = start(NULL);
    int fd = dial(s);
    say(fd, "GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    struct buf out = {0};
    read_to_end(fd, &out);
    cr_expect(strstr(out.data, "\r\n\r\none\ntwo\n") != NULL, "%s", out.data);
    cr_expect(strstr(out.data, "chunked") == NULL);
    cr_expect(strcasestr(out.data, "keep-alive") == NULL);
    close(fd);
    buf_free(&out);
    stop(s);
}

Test(serve, tells_when_the_client_goes_away)
{
    struct server *s = start(NULL);
    static const char *const targets[] = {"/watch", "/hold"};
    for (int i = 0; i < 2; i++) {
        held_count = gone_count = 0;
        char request[64];
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", targets[i]);
        int fd = dial(s);
        say(fd, request);
        turn_until(&held_count, 1);
        cr_expect(eq(int, gone_count, 0));
        close(fd);
        turn_until(&gone_count, 1);
        cr_expect(held[0] == NULL);
    }
    stop(s);
}

Test(serve, an_answer_to_one_who_left_is_thrown_away)
{
    struct server *s = start(NULL);
    for (int i = 0; i < 5; i++) {
        int fd = dial(s);
        say(fd, "GET /hold-unwatched HTTP/1.1\r\nHost: a\r\nX-One: 1\r\n\r\n");
        turn_until(&held_count, i + 1);
        close(fd);
    }
    for (int i = 0; i < 20; i++) {
        loop_poll(loop);
        usleep(1000);
    }
    exchange_reply(held[0], 200, "x", 1);
    exchange_begin(held[1], 200);
    exchange_chunk(held[1], "x", 1);
    exchange_end(held[1]);
    exchange_abort(held[2]);
    cr_expect(strcmp(exchange_header(held[3], "X-One"), "1") == 0);
    cr_expect(strcmp(exchange_peer(held[3]), "127.0.0.1") == 0);
    expect_curl("GET /echo 0 [0]", "http://127.0.0.1:%d/echo", server_port(s));
    stop(s); // with two of them still unanswered
}

Test(serve, stopping_tells_the_open_exchanges)
{
    struct server *s = start(NULL);
    int one = dial(s), two = dial(s), three = dial(s);
    say(one, "GET /watch HTTP/1.1\r\nHost: a\r\n\r\n");
    say(two, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    say(three, "GET /hold-unwatched HTTP/1.1\r\nHost: a\r\n\r\n");
    turn_until(&held_count, 3);
    server_stop(s);
    cr_expect(eq(int, gone_count, 2));
    char byte;
    cr_expect(eq(int, (int)read(two, &byte, 1), 0));
    close(one);
    close(two);
    close(three);
    loop_free(loop);
}

Test(serve, abort_closes_without_an_answer)
{
    struct server *s = start(NULL);
    char *got = curl("http://127.0.0.1:%d/abort", server_port(s));
    cr_expect(strstr(got, "[52]") != NULL, "%s", got);
    free(got);
    int fd = dial(s);
    say(fd, "GET /abort-midway HTTP/1.1\r\nHost: a\r\n\r\n");
    free(read_until(fd, "half"));
    exchange_abort(held[0]);
    char byte;
    read_to_end(fd, &(struct buf){.max = 1});
    cr_expect(read(fd, &byte, 1) <= 0);
    close(fd);
    stop(s);
}

static void write_file(const char *path, size_t size)
{
    FILE *f = fopen(path, "w");
    cr_assert(f && ftruncate(fileno(f), (off_t)size) == 0);
    fclose(f);
}

Test(serve, takes_64_MiB_and_no_more)
{
    struct server *s = start(NULL);
    char path[] = "/tmp/serve-XXXXXX";
    close(mkstemp(path));
    write_file(path, 64 * MIB);
    expect_curl("POST /echo 67108864 [0]", "--data-binary @%s http://127.0.0.1:%d/echo", path,
                server_port(s));
    write_file(path, 64 * MIB + 1);
    expect_curl("413[0]",
                "-o /dev/null -w '%%{http_code}' --data-binary @%s http://127.0.0.1:%d/echo", path,
                server_port(s));
    expect_curl("413[0]",
                "-o /dev/null -w '%%{http_code}' -H Expect: --data-binary @%s "
                "http://127.0.0.1:%d/echo",
                path, server_port(s));
    unlink(path);
    stop(s);
}

Test(serve, serves_hundreds_at_once)
{
    enum { CLIENTS = 400 };
    struct server *s = start(NULL);
    int fd[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        fd[i] = dial(s);
        say(fd[i], "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    turn_until(&held_count, CLIENTS);
    for (int i = 0; i < CLIENTS; i++)
        exchange_reply(held[i], 200, "done", 4);
    for (int i = 0; i < CLIENTS; i++) {
        free(read_until(fd[i], "done"));
        close(fd[i]);
    }
    cr_expect(eq(int, gone_count, 0));
    stop(s);
}

Test(serve, survives_garbage)
{
    struct server *s = start(NULL);
    static const char *const garbage[] = {
        "\x16\x03\x01\x02\x00\x01\x00",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET /echo HTTP/1.1\r\nno colon\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc",
        "\r\n\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        int fd = dial(s);
        say(fd, garbage[i]);
        shutdown(fd, SHUT_WR);
        struct buf out = {0};
        read_to_end(fd, &out);
        cr_expect(strstr(buf_text(&out), "200 OK") == NULL, "row %zu: %s", i, buf_text(&out));
        buf_free(&out);
        close(fd);
    }
    expect_curl("GET /echo 0 [0]", "http://127.0.0.1:%d/echo", server_port(s));
    stop(s);
}

Test(serve, listens_on_ipv6)
{
    loop = loop_new();
    struct server *s = server_start(loop, "::1", 0, NULL, NULL, answer, NULL, &err);
    cr_assert(s != NULL, "%s", error_text(&err));
    expect_curl("::1[0]", "'http://[::1]:%d/peer'", server_port(s));
    stop(s);
}

// Over TLS.

static struct mint minted;
static char ca_path[] = "/tmp/serve-ca-XXXXXX";

static struct server *start_tls(void)
{
    cr_assert(mint_certificate(&minted, "shop.test,127.0.0.1", -60, 3600, &err), "%s",
              error_text(&err));
    int fd = mkstemp(ca_path);
    cr_assert(write(fd, minted.ca_pem, strlen(minted.ca_pem)) > 0);
    close(fd);
    return start(&minted);
}

static void stop_tls(struct server *s)
{
    stop(s);
    unlink(ca_path);
    mint_free(&minted);
}

Test(serve_tls, is_verified_by_curl_and_speaks_http_1_1)
{
    struct server *s = start_tls();
    int port = server_port(s);
    expect_curl(
        "GET /echo 0  1.1 0[0]",
        "--cacert %s -w ' %%{http_version} %%{ssl_verify_result}' https://127.0.0.1:%d/echo",
        ca_path, port);
    expect_curl("POST /echo 2 hi[0]",
                "--http1.1 --tlsv1.3 --cacert %s -d hi --resolve shop.test:%d:127.0.0.1 "
                "https://shop.test:%d/echo",
                ca_path, port, port);
    expect_curl("GET /echo 0 [0]", "--tls-max 1.2 --no-alpn --cacert %s https://127.0.0.1:%d/echo",
                ca_path, port);
    char *got = curl("--tlsv1.0 --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0 --cacert %s "
                     "https://127.0.0.1:%d/echo",
                     ca_path, port);
    cr_expect(strstr(got, "[35]") != NULL, "%s", got);
    free(got);
    got = curl("-I --cacert %s https://127.0.0.1:%d/echo", ca_path, port);
    cr_expect(strstr(got, "Content-Length: 13\r\n") != NULL, "%s", got);
    free(got);
    stop_tls(s);
}

Test(serve_tls, streams_keeps_and_says_goodbye)
{
    struct server *s = start_tls();
    int port = server_port(s);
    expect_curl("one\ntwo\n[0]", "--cacert %s https://127.0.0.1:%d/stream", ca_path, port);
    // A body that ends with the connection: without close_notify curl would fail with 56.
    expect_curl("one\ntwo\n[0]", "--http1.0 --cacert %s https://127.0.0.1:%d/stream", ca_path,
                port);
    expect_curl("late1late0[0]",
                "--cacert %1$s -w '%%{num_connects}' https://127.0.0.1:%2$d/later "
                "https://127.0.0.1:%2$d/later",
                ca_path, port);
    char *got = curl("--cacert %s https://127.0.0.1:%d/abort", ca_path, port);
    cr_expect(strstr(got, "[52]") != NULL || strstr(got, "[56]") != NULL, "%s", got);
    free(got);
    stop_tls(s);
}

Test(serve_tls, tells_when_the_client_goes_away)
{
    struct server *s = start_tls();
    static const char *const targets[] = {"watch", "hold"};
    for (int i = 0; i < 2; i++) {
        gone_count = 0;
        char *got = curl("-N -m 0.5 --cacert %s https://127.0.0.1:%d/%s", ca_path, server_port(s),
                         targets[i]);
        cr_expect(strstr(got, "[28]") != NULL, "%s", got);
        free(got);
        turn_until(&gone_count, 1);
    }
    stop_tls(s);
}

Test(serve_tls, takes_a_large_body)
{
    struct server *s = start_tls();
    char path[] = "/tmp/serve-XXXXXX";
    close(mkstemp(path));
    write_file(path, 8 * MIB);
    expect_curl("PUT /echo 8388608 [0]", "-T %s --cacert %s https://127.0.0.1:%d/echo", path,
                ca_path, server_port(s));
    unlink(path);
    stop_tls(s);
}

Test(serve_tls, serves_hundreds_of_requests_in_parallel)
{
    struct server *s = start_tls();
    char *got = curl("-Z --parallel-immediate --parallel-max 100 --cacert %s -o /dev/null "
                     "-w '%%{http_code}\\n' 'https://127.0.0.1:%d/later?[1-300]'",
                     ca_path, server_port(s));
    int answered = 0;
    for (char *at = got; (at = strstr(at, "404")); at++)
        answered++;
    cr_expect(eq(int, answered, 300), "%s", got);
    free(got);
    stop_tls(s);
}

Test(serve_tls, survives_those_who_speak_no_tls)
{
    struct server *s = start_tls();
    char *got = curl("http://127.0.0.1:%d/echo", server_port(s));
    cr_expect(strstr(got, "[0]") == NULL, "%s", got);
    free(got);
    close(dial(s));
    expect_curl("GET /echo 0 [0]", "--cacert %s https://127.0.0.1:%d/echo", ca_path,
                server_port(s));
    stop_tls(s);
}

Test(serve, says_why_it_cannot_start)
{
    struct server *s = start(NULL);
    cr_expect(server_start(loop, "127.0.0.1", server_port(s), NULL, NULL, answer, NULL, &err) ==
              NULL);
    cr_expect(strstr(error_text(&err), "Address already in use; choose another") != NULL, "%s",
              error_text(&err));
    cr_expect(server_start(loop, "no.such.host.invalid", 0, NULL, NULL, answer, NULL, &err) ==
              NULL);
    cr_expect(strstr(error_text(&err), "no.such.host.invalid") != NULL, "%s", error_text(&err));
    cr_expect(server_start(loop, "127.0.0.1", 70000, NULL, NULL, answer, NULL, &err) == NULL);
    cr_expect(server_start(loop, "127.0.0.1", 0, "rubbish", "rubbish", answer, NULL, &err) == NULL);
    cr_expect(strstr(error_text(&err), "PEM certificate") != NULL, "%s", error_text(&err));
    struct mint a, b;
    cr_assert(mint_certificate(&a, "a.test", 0, 60, &err));
    cr_assert(mint_certificate(&b, "b.test", 0, 60, &err));
    cr_expect(server_start(loop, "127.0.0.1", 0, a.cert_pem, b.key_pem, answer, NULL, &err) ==
              NULL);
    cr_expect(server_start(loop, "127.0.0.1", 0, a.cert_pem, NULL, answer, NULL, &err) == NULL);
    mint_free(&a);
    mint_free(&b);
    stop(s);
}
