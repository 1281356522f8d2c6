#include "net/dns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/buf.h"
#include "base/duration.h"
#include "net/dial.h"
#include "net/dns_message.h"
#include "net/dns_server.h"
#include "net/loop.h"

enum { ROUNDS = 2, DEFAULT_TIMEOUT_MS = 5000 };

struct dns {
    struct loop *loop;
    struct arena *arena;
    dns_done *done;
    void *arg;

    const char *name, *type;
    struct value *servers; // texts
    unsigned char question[DNS_QUESTION_MAX];
    size_t question_len;
    bool tcp;
    int64_t timeout_ms, deadline; // steady clock
    const char *refused;          // what was wrong with the request itself

    size_t asked; // how many attempts there were
    const char *server;
    struct timer *timer;
    struct dial *dial;
    int fd;
    struct event *io;
    size_t sent;        // of what goes over TCP
    struct buf heard;   // over TCP
    struct value *poor; // an answer that will do when no server has a better one
    const char *why;    // what came of the last attempt
};

static void connection_end(struct dns *d)
{
    dial_cancel(d->dial);
    d->dial = NULL;
    if (d->io)
        event_free(d->io);
    d->io = NULL;
    if (d->fd >= 0)
        close(d->fd);
    d->fd = -1;
    d->sent = 0;
    buf_clear(&d->heard);
}

static void attempt_end(struct dns *d)
{
    timer_stop(d->timer);
    d->timer = NULL;
    connection_end(d);
}

void dns_cancel(struct dns *d)
{
    if (!d)
        return;
    attempt_end(d);
    buf_free(&d->heard);
    free(d);
}

static void finish(struct dns *d, struct value *found, const char *error)
{
    dns_done *done = d->done;
    void *arg = d->arg;
    dns_cancel(d);
    done(found, error, arg);
}

static void ask_next(struct dns *d);

static void attempt_failed(struct dns *d, const char *why)
{
    d->why = arena_dup(d->arena, why);
    attempt_end(d);
    ask_next(d);
}

static void on_silence(void *arg)
{
    struct dns *d = arg;
    d->timer = NULL; // it frees itself
    attempt_failed(d, "no answer");
}

static void answered(struct dns *d, struct value *found, const char *over)
{
    value_set(d->arena, found, "server", value_string(d->arena, d->server));
    value_set(d->arena, found, "over", value_string(d->arena, over));
    attempt_end(d);
    d->poor = found;
    if (dns_answer_is_refusal(found) && d->asked < value_count(d->servers))
        ask_next(d);
    else
        finish(d, found, NULL);
}

static void wait_for(struct dns *d, short what, event_callback_fn fn)
{
    if (d->io)
        event_free(d->io);
    d->io = event_new(loop_base(d->loop), d->fd, (short)(what | EV_PERSIST), fn, d);
    event_add(d->io, NULL);
}

// The answer comes behind its length in two bytes (RFC 1035, 4.2.2).
static void on_tcp_readable(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct dns *d = arg;
    unsigned char bytes[4096];
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        attempt_failed(d, n < 0 ? strerror(errno) : "it closed the connection");
        return;
    }
    buf_add(&d->heard, bytes, (size_t)n);
    const unsigned char *text = (const unsigned char *)d->heard.data;
    size_t len = d->heard.len < 2 ? DNS_MESSAGE_MAX : (size_t)(text[0] << 8 | text[1]);
    if (d->heard.len < len + 2)
        return;
    struct value *found = dns_answer_read(d->arena, text + 2, len, d->question, d->question_len);
    if (found)
        answered(d, found, "tcp");
    else
        attempt_failed(d, "its answer is no answer to the question, or is damaged");
}

static void on_tcp_writable(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct dns *d = arg;
    unsigned char bytes[2 + DNS_QUESTION_MAX] = {(unsigned char)(d->question_len >> 8),
                                                 (unsigned char)d->question_len};
    memcpy(bytes + 2, d->question, d->question_len);
    size_t len = d->question_len + 2;
    ssize_t n = send(fd, bytes + d->sent, len - d->sent, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        attempt_failed(d, strerror(errno));
    else if (n > 0 && (d->sent += (size_t)n) == len)
        wait_for(d, EV_READ, on_tcp_readable);
}

static void on_dialed(const struct dialed *peer, void *arg)
{
    struct dns *d = arg;
    d->dial = NULL; // it frees itself
    d->fd = peer->fd;
    if (peer->error)
        attempt_failed(d, peer->error);
    else
        wait_for(d, EV_WRITE, on_tcp_writable);
}

static void tcp_begin(struct dns *d)
{
    const char *address;
    int port = DNS_PORT;
    dial_target(d->arena, d->server, &address, &port);
    d->dial = dial_start(d->loop, address, port, d->timeout_ms, on_dialed, d);
}

// What is no answer to the question may be somebody's forgery: it is passed over.
static void on_udp_readable(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct dns *d = arg;
    unsigned char bytes[DNS_MESSAGE_MAX];
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n < 0) {
        attempt_failed(d, strerror(errno));
    } else if (dns_answer_is_cut(bytes, (size_t)n, d->question)) {
        connection_end(d);
        tcp_begin(d);
    } else {
        struct value *found =
            dns_answer_read(d->arena, bytes, (size_t)n, d->question, d->question_len);
        if (found)
            answered(d, found, "udp");
    }
}

static bool udp_begin(struct dns *d)
{
    struct addrinfo *to = dns_server_address(d->arena, d->server);
    d->fd = socket(to->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool sent = d->fd >= 0 && connect(d->fd, to->ai_addr, to->ai_addrlen) == 0 &&
                send(d->fd, d->question, d->question_len, 0) == (ssize_t)d->question_len;
    if (sent)
        wait_for(d, EV_READ, on_udp_readable);
    else
        d->why = arena_dup(d->arena, strerror(errno));
    freeaddrinfo(to);
    return sent;
}

static void give_up(struct dns *d)
{
    char limit[32];
    duration_format(d->timeout_ms, limit, sizeof limit);
    finish(d, d->poor,
           d->poor
               ? NULL
               : arena_printf(d->arena,
                              "asked for %s %s, and no DNS server answered within %s; the last, "
                              "%s: %s; check its address and that nothing in between blocks "
                              "port 53",
                              d->name, d->type, limit, d->server, d->why));
}

static void ask_next(struct dns *d)
{
    size_t most = ROUNDS * value_count(d->servers);
    for (int64_t left; (left = d->deadline - clock_steady()) > 0 && d->asked < most;) {
        int64_t share = left / (int64_t)(most - d->asked);
        d->server = value_text(value_at(d->servers, d->asked++ % value_count(d->servers)));
        d->timer = timer_start(d->loop, share, on_silence, d);
        if (d->tcp)
            tcp_begin(d);
        if (d->tcp || udp_begin(d))
            return;
        attempt_end(d);
    }
    give_up(d);
}

static void on_turn(void *arg)
{
    struct dns *d = arg;
    d->timer = NULL;
    if (d->refused)
        finish(d, NULL, d->refused);
    else
        ask_next(d);
}

static const char *refusal(struct dns *d, const struct dns_request *ask)
{
    if (!d->servers)
        return arena_printf(d->arena,
                            "the DNS server '%s' is not an address; give it as \"192.0.2.1\" or "
                            "\"192.0.2.1:53\"",
                            ask->server);
    int type = dns_type_number(ask->type);
    if (type == 0)
        return arena_printf(d->arena,
                            "cannot ask for records of type '%s'; known are A, AAAA, CAA, CNAME, "
                            "MX, NS, PTR, SOA and TXT",
                            ask->type);
    d->question_len = dns_question_write(d->question, ask->name, type, !ask->no_recursion,
                                         (uint16_t)arc4random());
    if (d->question_len == 0)
        return arena_printf(d->arena, "'%s' is not a domain name", ask->name);
    return NULL;
}

struct dns *dns_start(struct loop *loop, struct arena *a, const struct dns_request *ask,
                      dns_done *done, void *arg)
{
    struct dns *d = mem_alloc(sizeof *d);
    *d = (struct dns){.loop = loop,
                      .arena = a,
                      .done = done,
                      .arg = arg,
                      .name = arena_dup(a, ask->name),
                      .type = arena_dup(a, ask->type),
                      .tcp = ask->tcp,
                      .timeout_ms = ask->timeout_ms ? ask->timeout_ms : DEFAULT_TIMEOUT_MS,
                      .why = "no answer",
                      .server = "",
                      .fd = -1};
    d->deadline = clock_steady() + d->timeout_ms;
    d->servers =
        ask->server ? dns_servers_of(a, ask->server) : dns_servers_of_file(a, "/etc/resolv.conf");
    d->refused = refusal(d, ask);
    d->timer = timer_start(loop, 0, on_turn, d);
    return d;
}
