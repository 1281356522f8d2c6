// rude: an HTTP server for tests, on plain sockets and threads, whose paths misbehave in every way.
//   /ok  /status/N  /echo (answers with the request)  /length/N  /to/STATUS/URL (redirects there)
//   /retry/STATUS/N/WAIT (N answers of that status with Retry-After: WAIT, then 200)
//   /bomb (zeros that unpack to 100 MB)
//   /pooled (the second request on one connection is read and never answered, but closed)
//   and the fixed answers of rude_answers below.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"

enum { RUDE_CONNECTIONS = 256 };

struct rude {
    int fd, port;
    pthread_t thread, workers[RUDE_CONNECTIONS];
    int connections[RUDE_CONNECTIONS];
    atomic_int count, requests;
    pthread_mutex_t lock;
    struct buf log; // every request, head and body
};

struct rude_work {
    struct rude *rude;
    int fd, *slot; // slot: where the server keeps fd
};

enum rude_end { KEEP, CLOSE, RESET, HANG, REPEAT };

static const struct {
    const char *path, *text;
    enum rude_end end;
} rude_answers[] = {
    {"/ok", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: one\r\nx-a:  two \r\n\r\nhello", KEEP},
    {"/old", "HTTP/1.0 200 OK\r\n\r\nuntil the end", CLOSE},
    {"/negotiate",
     "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Negotiate\r\nSet-Cookie: a=b; Domain=co.uk\r\n"
     "Content-Length: 2\r\n\r\nno",
     KEEP},
    {"/bare-newlines", "HTTP/1.1 200 OK\nContent-Length: 2\nX-B: b\n\nok", KEEP},
    {"/interim",
     "HTTP/1.1 103 Early\r\nX-Early: 1\r\n\r\n"
     "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Late: 1\r\n\r\n",
     KEEP},
    {"/chunked",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
     "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n",
     KEEP},
    {"/bad-chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n", CLOSE},
    {"/bad-gzip", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
     KEEP},
    {"/garbage", "220 mail.test ESMTP ready\r\n", CLOSE},
    {"/nothing", "", CLOSE},
    {"/reset", "", RESET},
    {"/never", "", HANG},
    {"/slow-headers", "HTTP/1.1 200 OK\r\nX-Slow: ", HANG},
    {"/half", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789", CLOSE},
    {"/stall", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789", HANG},
    {"/endless", "HTTP/1.1 200 OK\r\n\r\n", REPEAT},
    {"/endless-header", "HTTP/1.1 200 OK\r\n", REPEAT},
    {"/brotli",
     "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 9\r\n\r\n\x0b\x02\x80"
     "hello\x03",
     KEEP},
    {"/zstd",
     "HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Length: 14\r\n\r\n"
     "\x28\xb5\x2f\xfd\x20\x05\x29\0\0hello",
     KEEP},
    {"/deflate",
     "HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: 13\r\n\r\n"
     "\x78\x9c\xcb\x48\xcd\xc9\xc9\x07\x00\x06\x2c\x02\x15",
     KEEP},
};

static inline void rude_send(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        bytes += n;
        len -= (size_t)n;
    }
}

// Reads one request into `in`, whose first `taken` bytes belong to an earlier one; its length, or
// 0.
static inline size_t rude_read(int fd, struct buf *in)
{
    for (;;) {
        const char *end = strstr(buf_text(in), "\r\n\r\n");
        if (end) {
            const char *length = strcasestr(in->data, "\r\ncontent-length:");
            size_t body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
            size_t whole = (size_t)(end + 4 - in->data) + body;
            if (in->len >= whole)
                return whole;
        }
        char bytes[4096];
        ssize_t n = recv(fd, bytes, sizeof bytes, 0);
        if (n <= 0)
            return 0;
        buf_add(in, bytes, (size_t)n);
    }
}

static inline enum rude_end rude_fixed(int fd, const char *path)
{
    for (size_t i = 0; i < sizeof rude_answers / sizeof *rude_answers; i++) {
        if (strcmp(path, rude_answers[i].path) != 0)
            continue;
        size_t head = strlen(rude_answers[i].text);
        // What stands behind the first NUL byte of these bodies.
        head += strcmp(path, "/deflate") == 0 ? 5 : strcmp(path, "/zstd") == 0 ? 7 : 0;
        rude_send(fd, rude_answers[i].text, head);
        return rude_answers[i].end;
    }
    const char *missing = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    rude_send(fd, missing, strlen(missing));
    return KEEP;
}

static inline void rude_reply(int fd, int status, const char *more_headers, const char *body,
                              size_t len)
{
    struct buf out = {0};
    buf_printf(&out, "HTTP/1.1 %d Some Reason\r\nContent-Length: %zu\r\n%s\r\n", status, len,
               more_headers);
    buf_add(&out, body, len);
    rude_send(fd, out.data, out.len);
    buf_free(&out);
}

static inline enum rude_end rude_answer(int fd, const char *path, const char *request,
                                        int nth_of_path, int nth_of_connection)
{
    char url[1024], wait[64];
    int status = 0, times = 0;
    unsigned length = 0;
    struct buf out = {0};
    if (strcmp(path, "/echo") == 0) {
        rude_reply(fd, 200, "", request, strlen(request));
    } else if (sscanf(path, "/status/%d", &status) == 1) {
        rude_reply(fd, status, "", path, strlen(path));
    } else if (sscanf(path, "/length/%u", &length) == 1) {
        while (out.len < length)
            buf_putc(&out, (char)('a' + out.len % 26));
        rude_reply(fd, 200, "", buf_text(&out), out.len);
    } else if (sscanf(path, "/to/%d/%1000s", &status, url) == 2) {
        buf_printf(&out, "Location: %s\r\n", url);
        rude_reply(fd, status, buf_text(&out), "moved", 5);
    } else if (sscanf(path, "/retry/%d/%d/%60[^\n]", &status, &times, wait) == 3) {
        for (char *p = wait; *p; p++)
            *p = *p == '_' ? ' ' : *p;
        buf_printf(&out, "%s%s%s", *wait == '-' ? "" : "Retry-After: ", *wait == '-' ? "" : wait,
                   *wait == '-' ? "" : "\r\n");
        bool bad = nth_of_path <= times;
        rude_reply(fd, bad ? status : 200, bad ? buf_text(&out) : "", bad ? "bad" : "good",
                   bad ? 3 : 4);
    } else if (strcmp(path, "/bomb") == 0) {
        FILE *gzip = popen("head -c 100000000 /dev/zero | gzip", "r");
        char bytes[4096];
        for (size_t n; (n = fread(bytes, 1, sizeof bytes, gzip)) > 0;)
            buf_add(&out, bytes, n);
        pclose(gzip);
        rude_reply(fd, 200, "Content-Encoding: gzip\r\n", out.data, out.len);
    } else if (strcmp(path, "/pooled") == 0) {
        if (nth_of_connection > 1)
            return CLOSE;
        rude_reply(fd, 200, "", "hello", 5);
    } else {
        return rude_fixed(fd, path);
    }
    buf_free(&out);
    return KEEP;
}

// How many requests were for `path` so far.
static inline int rude_requests_for(struct rude *r, const char *path)
{
    int count = 0;
    size_t len = strlen(path);
    pthread_mutex_lock(&r->lock);
    for (const char *p = buf_text(&r->log); (p = strstr(p, path)); p += len)
        count += p > r->log.data && p[-1] == ' ' && p[len] == ' ';
    pthread_mutex_unlock(&r->lock);
    return count;
}

static inline void rude_end(int fd, enum rude_end end)
{
    const char more[] = "X-More: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n";
    char byte;
    struct linger at_once = {.l_onoff = 1};
    if (end == RESET)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    while (end == HANG && recv(fd, &byte, 1, 0) > 0)
        ;
    while (end == REPEAT && send(fd, more, sizeof more - 1, MSG_NOSIGNAL) > 0)
        ;
}

static inline void *rude_serve(void *arg)
{
    struct rude_work work = *(struct rude_work *)arg;
    free(arg);
    struct buf in = {0};
    enum rude_end end = KEEP;
    size_t len;
    for (int nth = 1; end == KEEP && (len = rude_read(work.fd, &in)); nth++) {
        char path[1200] = "";
        char *request = strndup(in.data, len);
        sscanf(request, "%*s %1199s", path);
        pthread_mutex_lock(&work.rude->lock);
        buf_add(&work.rude->log, request, strlen(request));
        pthread_mutex_unlock(&work.rude->lock);
        work.rude->requests++;
        end = rude_answer(work.fd, path, request, rude_requests_for(work.rude, path), nth);
        free(request);
        memmove(in.data, in.data + len, in.len - len + 1);
        in.len -= len;
    }
    rude_end(work.fd, end);
    buf_free(&in);
    if (end == RESET) {
        *work.slot = -1;
        close(work.fd);
    } else {
        shutdown(work.fd, SHUT_RDWR);
    }
    return NULL;
}

static inline void *rude_accept(void *arg)
{
    struct rude *r = arg;
    int fd;
    while ((fd = accept(r->fd, NULL, NULL)) >= 0 && r->count < RUDE_CONNECTIONS) {
        struct rude_work *work = malloc(sizeof *work);
        r->connections[r->count] = fd;
        *work = (struct rude_work){r, fd, &r->connections[r->count]};
        pthread_create(&r->workers[r->count], NULL, rude_serve, work);
        r->count++;
    }
    return NULL;
}

// Listens on a free port of 127.0.0.1 (which is in r->port).
static inline void rude_start(struct rude *r)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    memset(r, 0, sizeof *r);
    pthread_mutex_init(&r->lock, NULL);
    r->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(r->fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(r->fd, 128) != 0 ||
        getsockname(r->fd, (struct sockaddr *)&at, &len) != 0)
        abort();
    r->port = ntohs(at.sin_port);
    pthread_create(&r->thread, NULL, rude_accept, r);
}

static inline void rude_stop(struct rude *r)
{
    shutdown(r->fd, SHUT_RDWR);
    pthread_join(r->thread, NULL);
    for (int i = 0; i < r->count; i++)
        if (r->connections[i] >= 0)
            shutdown(r->connections[i], SHUT_RDWR);
    for (int i = 0; i < r->count; i++) {
        pthread_join(r->workers[i], NULL);
        if (r->connections[i] >= 0)
            close(r->connections[i]);
    }
    close(r->fd);
    buf_free(&r->log);
}
