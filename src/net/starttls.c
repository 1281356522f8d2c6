#include "net/starttls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include <event2/event.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "net/loop.h"

enum { HEARD_MAX = 16 * 1024 };

enum progress { LISTEN, SPEAK, FINISHED, FAILED };

struct protocol {
    const char *name;
    int port;
    const char *opening; // what we say first; NULL: the server does
    size_t opening_len;
    // Goes on with what was heard so far.
    enum progress (*hear)(struct starttls *);
};

struct starttls {
    struct loop *loop;
    int fd;
    const struct protocol *protocol;
    starttls_done *done;
    void *arg;
    struct event *io;
    struct buf heard, to_say;
    int stage;    // how many of the server's answers there were
    bool offered; // SMTP: STARTTLS is among what it can do
    struct error err;
};

void starttls_cancel(struct starttls *s)
{
    if (!s)
        return;
    if (s->io)
        event_free(s->io);
    buf_free(&s->heard);
    buf_free(&s->to_say);
    error_free(&s->err);
    free(s);
}

static void finish(struct starttls *s, bool ok)
{
    starttls_done *done = s->done;
    void *arg = s->arg;
    error_local(err);
    error_move(&err, &s->err);
    starttls_cancel(s);
    done(ok ? NULL : error_text(&err), arg);
}

// Takes the first line off what was heard, without its end. NULL when it is not whole yet.
static char *line_take(struct starttls *s, struct arena *a)
{
    const char *text = buf_text(&s->heard), *end = memchr(text, '\n', s->heard.len);
    if (!end)
        return NULL;
    size_t len = (size_t)(end - text), used = len + 1;
    while (len > 0 && text[len - 1] == '\r')
        len--;
    char *line = arena_copy(a, text, len);
    memmove(s->heard.data, s->heard.data + used, s->heard.len - used + 1);
    s->heard.len -= used;
    return line;
}

static enum progress refused(struct starttls *s, const char *line, const char *next)
{
    struct buf shown = {0};
    for (const char *p = line; *p; p++)
        buf_putc(&shown, (unsigned char)*p < ' ' || *p == 0x7f ? '?' : *p);
    error_set(&s->err, "the server answered '%s'; %s", buf_text(&shown), next);
    buf_free(&shown);
    return FAILED;
}

// A client without a name of its own gives its address (RFC 5321, 4.1.3).
static void smtp_greet(struct starttls *s)
{
    struct sockaddr_storage at = {0};
    char ip[INET6_ADDRSTRLEN] = "127.0.0.1";
    getsockname(s->fd, (struct sockaddr *)&at, &(socklen_t){sizeof at});
    bool six = at.ss_family == AF_INET6;
    const void *address = six ? (void *)&((struct sockaddr_in6 *)&at)->sin6_addr
                              : (void *)&((struct sockaddr_in *)&at)->sin_addr;
    inet_ntop(at.ss_family, address, ip, sizeof ip);
    buf_printf(&s->to_say, "EHLO [%s%s]\r\n", six ? "IPv6:" : "", ip);
}

static enum progress smtp_answer(struct starttls *s, const char *line)
{
    static const char *const wanted[] = {"220", "250", "220"};
    if (strncmp(line, wanted[s->stage], 3) != 0)
        return refused(s, line, "check that it speaks SMTP here and lets this machine in");
    if (s->stage == 1 && !s->offered) {
        error_set(&s->err, "the server does not offer STARTTLS; switch TLS on there, or ask the "
                           "port that speaks TLS from the start (465)");
        return FAILED;
    }
    if (s->stage == 2)
        return FINISHED;
    if (s->stage++ == 0)
        smtp_greet(s);
    else
        buf_puts(&s->to_say, "STARTTLS\r\n");
    return SPEAK;
}

// An answer may have several lines; on all but the last a '-' follows the code.
static enum progress smtp_hear(struct starttls *s)
{
    struct arena a = {0};
    enum progress p = LISTEN;
    for (char *line; p == LISTEN && (line = line_take(s, &a));) {
        bool last = strspn(line, "0123456789") != 3 || line[3] != '-';
        const char *word = strlen(line) > 4 ? line + 4 : "";
        s->offered |= s->stage == 1 && strcasecmp(word, "STARTTLS") == 0;
        if (last)
            p = smtp_answer(s, line);
    }
    arena_free(&a);
    return p;
}

static enum progress imap_answer(struct starttls *s, const char *line)
{
    bool untagged = strncmp(line, "* ", 2) == 0, good = strncasecmp(line + 2, "OK", 2) == 0;
    if (s->stage == 1 && untagged)
        return LISTEN;
    if (s->stage == 1 && strncmp(line, "a ", 2) == 0 && good)
        return FINISHED;
    if (s->stage == 1)
        return refused(s, line,
                       "switch TLS on there, or ask the port that speaks TLS from the "
                       "start (993)");
    if (!untagged || !good)
        return refused(s, line, "check that it speaks IMAP here and lets this machine in");
    s->stage++;
    buf_puts(&s->to_say, "a STARTTLS\r\n");
    return SPEAK;
}

static enum progress imap_hear(struct starttls *s)
{
    struct arena a = {0};
    enum progress p = LISTEN;
    for (char *line; p == LISTEN && (line = line_take(s, &a));)
        p = strlen(line) < 2 ? refused(s, line, "check that it speaks IMAP here")
                             : imap_answer(s, line);
    arena_free(&a);
    return p;
}

static enum progress postgres_hear(struct starttls *s)
{
    char answer[2] = {s->heard.data[0], '\0'};
    buf_clear(&s->heard); // an error message may follow an 'E'
    switch (*answer) {
    case 'S':
        return FINISHED;
    case 'N':
        error_set(&s->err, "the server does not do TLS; set ssl = on in postgresql.conf, with a "
                           "certificate");
        return FAILED;
    default:
        return refused(s, answer, "check that PostgreSQL runs on this port");
    }
}

static const struct protocol protocols[] = {
    [STARTTLS_SMTP] = {"smtp", 25, NULL, 0, smtp_hear},
    [STARTTLS_IMAP] = {"imap", 143, NULL, 0, imap_hear},
    [STARTTLS_POSTGRES] = {"postgres", 5432, "\0\0\0\x08\x04\xd2\x16\x2f", 8, postgres_hear},
};

bool starttls_find(const char *name, enum starttls_protocol *p)
{
    for (size_t i = STARTTLS_SMTP; i < sizeof protocols / sizeof *protocols; i++)
        if (strcmp(protocols[i].name, name) == 0) {
            *p = (enum starttls_protocol)i;
            return true;
        }
    return false;
}

const char *starttls_name(enum starttls_protocol p)
{
    return protocols[p].name;
}

int starttls_port(enum starttls_protocol p)
{
    return protocols[p].port;
}

static void wait_for(struct starttls *s, short what);

static void speak(struct starttls *s)
{
    ssize_t n = send(s->fd, s->to_say.data, s->to_say.len, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        error_set(&s->err, "%s", strerror(errno));
        finish(s, false);
        return;
    }
    if (n > 0) {
        memmove(s->to_say.data, s->to_say.data + n, s->to_say.len - (size_t)n);
        s->to_say.len -= (size_t)n;
    }
    wait_for(s, s->to_say.len ? EV_WRITE : EV_READ);
}

static void listen_in(struct starttls *s)
{
    char bytes[2048];
    ssize_t n = recv(s->fd, bytes, sizeof bytes, 0);
    enum progress p = LISTEN;
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        wait_for(s, EV_READ);
        return;
    }
    if (n <= 0) {
        error_set(&s->err, "%s; check that it speaks %s here",
                  n < 0 ? strerror(errno) : "the server closed the connection", s->protocol->name);
        p = FAILED;
    } else if (!buf_add(&s->heard, bytes, (size_t)n)) {
        error_set(&s->err, "the server talks on and on; check that it speaks %s here",
                  s->protocol->name);
        p = FAILED;
    } else {
        p = s->protocol->hear(s);
    }
    if (p == FINISHED && s->heard.len > 0) {
        error_set(&s->err, "the server sent more than its consent before TLS began; somebody in "
                           "between may have put it there");
        p = FAILED;
    }
    if (p == FINISHED || p == FAILED)
        finish(s, p == FINISHED);
    else
        wait_for(s, p == SPEAK ? EV_WRITE : EV_READ);
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    if (what & EV_WRITE)
        speak(arg);
    else
        listen_in(arg);
}

static void wait_for(struct starttls *s, short what)
{
    if (s->io)
        event_free(s->io);
    s->io = event_new(loop_base(s->loop), s->fd, what, on_ready, s);
    event_add(s->io, NULL);
}

struct starttls *starttls_start(struct loop *loop, int fd, enum starttls_protocol protocol,
                                starttls_done *done, void *arg)
{
    struct starttls *s = mem_alloc(sizeof *s);
    *s = (struct starttls){.loop = loop,
                           .fd = fd,
                           .protocol = &protocols[protocol],
                           .done = done,
                           .arg = arg,
                           .heard.max = HEARD_MAX};
    buf_add(&s->to_say, s->protocol->opening, s->protocol->opening_len);
    wait_for(s, s->to_say.len ? EV_WRITE : EV_READ);
    return s;
}
