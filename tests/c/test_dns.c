#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/duration.h"
#include "base/file.h"
#include "net/dns.h"
#include "net/dns_message.h"
#include "net/dns_server.h"
#include "net/loop.h"

static struct arena arena;
static struct loop *loop;
static struct error err;

static void set_up(void)
{
    loop = loop_new();
}

static void tear_down(void)
{
    loop_free(loop);
    arena_free(&arena);
}

TestSuite(dns, .init = set_up, .fini = tear_down, .timeout = 30);

// --- messages ------------------------------------------------------------------------------------

enum {
    A = 1,
    NS = 2,
    CNAME = 5,
    SOA = 6,
    PTR = 12,
    MX = 15,
    TXT = 16,
    AAAA = 28,
    CAA = 257,
    OPT = 41
};

static const unsigned char *question(const char *name, int type, size_t *len)
{
    unsigned char *q = arena_alloc(&arena, DNS_QUESTION_MAX);
    *len = dns_question_write(q, name, type, true, 0x1234);
    return q;
}

// An answer: the question with other flags and counts, then records whose names point at the
// question's (0xc00c).
static void begin(struct buf *b, const unsigned char *q, size_t len, int code, int answers,
                  int authority)
{
    buf_clear(b);
    buf_add(b, q, len);
    b->data[2] = (char)0x84; // an answer, from an authority
    b->data[3] = (char)code;
    b->data[7] = (char)answers;
    b->data[9] = (char)authority;
}

static void record(struct buf *b, int type, const char *data, size_t len)
{
    const char head[] = {(char)0xc0, 0x0c, (char)(type >> 8), (char)type, 0, 1, 0, 0,
                         1,          44,   (char)(len >> 8),  (char)len};
    buf_add(b, head, sizeof head);
    buf_add(b, data, len);
}
#define RECORD(b, type, data) record(b, type, data, sizeof(data) - 1)

static struct value *read_answer(const struct buf *b, const unsigned char *q, size_t len)
{
    return dns_answer_read(&arena, (const unsigned char *)b->data, b->len, q, len);
}

static const char *data_at(const struct value *found, const char *section, size_t i)
{
    return value_get_text(value_at(value_get(found, section), i), "data");
}

static void expect(const char *have, const char *want)
{
    cr_expect(strcmp(have, want) == 0, "'%s' instead of '%s'", have, want);
}

Test(dns, a_question_is_written_as_rfc_1035_has_it)
{
    static const unsigned char wanted[] = "\x12\x34\x01\x00\0\1\0\0\0\0\0\0"
                                          "\x0f_acme-challenge\4shop\4test\0\0\x10\0\1";
    unsigned char out[DNS_QUESTION_MAX];
    for (int dot = 0; dot < 2; dot++) {
        const char *name = dot ? "_acme-challenge.shop.test." : "_acme-challenge.shop.test";
        size_t len = dns_question_write(out, name, TXT, true, 0x1234);
        cr_assert(eq(sz, len, sizeof wanted - 1));
        cr_expect(memcmp(out, wanted, len) == 0);
    }
    cr_expect(dns_question_write(out, "a.test", A, false, 1) > 0 && out[2] == 0, "no recursion");
    char label[65], name[300] = "";
    memset(label, 'a', 64);
    label[64] = '\0';
    for (int i = 0; i < 130; i++)
        strcat(name, "a."); // NOLINT: there is room
    const char *const bad[] = {"", "a..b", ".a", label, name};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect(dns_question_write(out, bad[i], A, true, 1) == 0, "%s", bad[i]);
    cr_expect(eq(int, dns_type_number("txt"), TXT));
    cr_expect(eq(int, dns_type_number("CAA"), CAA));
    cr_expect(eq(int, dns_type_number("ANY"), 0));
}

Test(dns, records_of_each_type_are_read)
{
    struct buf b = {0};
    size_t len;
    const unsigned char *q = question("shop.test", TXT, &len);
    begin(&b, q, len, 0, 11, 1);
    RECORD(&b, A, "\xc0\0\2\1");
    RECORD(&b, AAAA, "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1");
    RECORD(&b, CNAME, "\3www\xc0\x0c");
    RECORD(&b, MX, "\0\x0a\4mail\xc0\x0c");
    RECORD(&b, TXT, "\5one, \3two");
    RECORD(&b, TXT, "");
    RECORD(&b, CAA, "\x80\5issueca.test; a=b");
    RECORD(&b, NS, "\3ns1\xc0\x0c");
    RECORD(&b, PTR, "\xc0\x0c");
    RECORD(&b, OPT, "what else there is");
    RECORD(&b, TXT,
           "\xff"
           "cut");
    RECORD(&b, SOA, "\2ns\xc0\x0c\4root\xc0\x0c\x78\x49\x7b\xe8\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0");
    struct value *v = read_answer(&b, q, len);
    cr_assert(v != NULL);
    expect(value_get_text(v, "status"), "NOERROR");
    cr_expect(value_get_bool(v, "authoritative", false));
    static const char *const wanted[] = {
        "192.0.2.1",
        "2001:db8::1",
        "www.shop.test",
        "10 mail.shop.test",
        "one, two",
        "",
        "128 issue \"ca.test; a=b\"",
        "ns1.shop.test",
        "shop.test",
        "cut",
    };
    cr_assert(eq(sz, value_count(value_get(v, "answers")), 10), "OPT is passed over");
    for (size_t i = 0; i < 10; i++)
        expect(data_at(v, "answers", i), wanted[i]);
    const struct value *first = value_at(value_get(v, "answers"), 0);
    expect(value_get_text(first, "name"), "shop.test");
    expect(value_get_text(first, "type"), "A");
    cr_expect(eq(i64, value_get_int(first, "ttl", 0), 300));
    expect(data_at(v, "authority", 0), "ns.shop.test root.shop.test 2018081768");
    buf_free(&b);
}

Test(dns, what_does_not_answer_the_question_is_refused)
{
    struct buf b = {0};
    size_t len, other_len;
    const unsigned char *q = question("shop.test", A, &len),
                        *other = question("shop2.test", A, &other_len);
    begin(&b, q, len, 0, 0, 0);
    cr_expect(read_answer(&b, q, len) != NULL);
    cr_expect(read_answer(&b, other, other_len) == NULL, "another name");
    other = question("shop.test", AAAA, &other_len);
    cr_expect(read_answer(&b, other, other_len) == NULL, "another type");
    other = question("SHOP.test", A, &other_len);
    cr_expect(read_answer(&b, other, other_len) != NULL, "case does not matter");
    b.data[0] ^= 1;
    cr_expect(read_answer(&b, q, len) == NULL, "another id");
    b.data[0] ^= 1;
    b.data[2] = 1;
    cr_expect(read_answer(&b, q, len) == NULL, "a question");
    begin(&b, q, len, 5, 0, 0);
    b.data[5] = 0;
    b.len = 12;
    cr_assert(read_answer(&b, q, len) != NULL, "a refusal need not repeat the question");
    expect(value_get_text(read_answer(&b, q, len), "status"), "REFUSED");
    b.data[3] = 0;
    cr_expect(read_answer(&b, q, len) == NULL, "but an answer has to");
    static const char *const names[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP"};
    for (int code = 0; code < 5; code++) {
        begin(&b, q, len, code, 0, 0);
        expect(value_get_text(read_answer(&b, q, len), "status"), names[code]);
    }
    begin(&b, q, len, 15, 0, 0);
    expect(value_get_text(read_answer(&b, q, len), "status"), "RCODE15");
    buf_free(&b);
}

Test(dns, what_is_damaged_is_refused)
{
    struct buf b = {0};
    size_t len;
    const unsigned char *q = question("shop.test", MX, &len);
    static const struct {
        int type;
        const char *data;
        size_t len;
    } rows[] = {
#define ROW(type, data) {type, data, sizeof(data) - 1}
        ROW(A, "\1\2\3"),       ROW(A, "\1\2\3\4\5"),     ROW(AAAA, "\1\2\3\4"), ROW(MX, ""),
        ROW(MX, "\0"),          ROW(MX, "\0\1"),          ROW(MX, "\0\1\5mail"), ROW(CNAME, ""),
        ROW(CNAME, "\xc0"),     ROW(CNAME, "\xff\xff"),   ROW(CAA, ""),          ROW(CAA, "\0\0x"),
        ROW(CAA, "\0\x05issu"), ROW(SOA, "\2ns\xc0\x0c"), ROW(NS, "\3ns1"),
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin(&b, q, len, 0, 1, 0);
        record(&b, rows[i].type, rows[i].data, rows[i].len);
        cr_expect(read_answer(&b, q, len) == NULL, "row %zu", i);
    }
    begin(&b, q, len, 0, 1, 0); // a name that points at itself
    size_t self = b.len + 12;
    const char loop_of_names[] = {(char)(0xc0 | self >> 8), (char)self};
    record(&b, CNAME, loop_of_names, 2);
    cr_expect(read_answer(&b, q, len) == NULL);

    begin(&b, q, len, 0, 2, 0);
    RECORD(&b, MX, "\0\x0a\4mail\xc0\x0c");
    RECORD(&b, TXT, "\3one");
    for (size_t cut = 0; cut < b.len; cut++) { // in a block of just that size
        unsigned char *copy = malloc(cut + 1);
        memcpy(copy, b.data, cut);
        cr_expect(dns_answer_read(&arena, copy, cut, q, len) == NULL, "cut at %zu", cut);
        free(copy);
    }
    for (size_t at = 0; at < b.len; at++)
        for (int bit = 0; bit < 8; bit++) {
            b.data[at] ^= (char)(1 << bit);
            read_answer(&b, q, len);
            b.data[at] ^= (char)(1 << bit);
        }
    buf_free(&b);
}

// --- servers -------------------------------------------------------------------------------------

Test(dns, servers_of_a_file)
{
    char path[] = "/tmp/test_dns_XXXXXX";
    close(mkstemp(path));
    static const struct {
        const char *text, *servers;
    } rows[] = {
        {"nameserver 192.0.2.1\n", "192.0.2.1"},
        {"# x\nsearch a b\r\n nameserver\t192.0.2.1 \nnameserver ::1\noptions x", "192.0.2.1 ::1"},
        {"nameserver\nnameserver x.test\nnameservers 192.0.2.1\n", "127.0.0.1"},
        {"nameserver 1.1.1.1\nnameserver 1.1.1.2\nnameserver 1.1.1.3\nnameserver 1.1.1.4",
         "1.1.1.1 1.1.1.2 1.1.1.3"},
        {"", "127.0.0.1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_assert(file_write(path, rows[i].text, strlen(rows[i].text), &err), "%s",
                  error_text(&err));
        struct value *list = dns_servers_of_file(&arena, path);
        const char *got = "";
        for (size_t j = 0; j < value_count(list); j++)
            got = arena_printf(&arena, "%s%s%s", got, j ? " " : "", value_text(value_at(list, j)));
        expect(got, rows[i].servers);
    }
    unlink(path);
    expect(value_text(value_at(dns_servers_of_file(&arena, path), 0)), "127.0.0.1");
}

// --- over the wire -------------------------------------------------------------------------------

// A server on loopback; what it says to a question stands in `says`.
enum saying { ANSWER, NOTHING, FORGERY_FIRST, CUT, CUT_MIDWAY, SERVFAIL, GARBAGE, HANG_UP };

struct server {
    int udp, tcp, peer, port, asked;
    enum saying says;
    struct watch *udp_watch, *tcp_watch, *peer_watch;
    char place[32];
};

static size_t reply(const struct server *s, char *out, const unsigned char *q, size_t len, bool tcp)
{
    struct buf b = {0};
    begin(&b, q, len, s->says == SERVFAIL ? 2 : 0, s->says == SERVFAIL ? 0 : 1, 0);
    if (s->says != SERVFAIL)
        RECORD(&b, TXT, "\5hello");
    if ((s->says == CUT || s->says == CUT_MIDWAY) && !tcp)
        b.data[2] |= 2;
    size_t used = s->says == CUT_MIDWAY && !tcp ? b.len - 3 : b.len;
    memcpy(out, b.data, used);
    buf_free(&b);
    return used;
}

static void on_udp(void *arg)
{
    struct server *s = arg;
    unsigned char q[512];
    char out[1024];
    struct sockaddr_in from;
    ssize_t n =
        recvfrom(s->udp, q, sizeof q, 0, (struct sockaddr *)&from, &(socklen_t){sizeof from});
    s->asked++;
    if (n < 0 || s->says == NOTHING)
        return;
    size_t len = reply(s, out, q, (size_t)n, false);
    if (s->says == FORGERY_FIRST) {
        out[1] ^= 1;
        sendto(s->udp, out, len, 0, (struct sockaddr *)&from, sizeof from);
        sendto(s->udp, "?", 1, 0, (struct sockaddr *)&from, sizeof from);
        out[1] ^= 1;
    }
    sendto(s->udp, out, len, 0, (struct sockaddr *)&from, sizeof from);
}

static void on_peer(void *arg)
{
    struct server *s = arg;
    unsigned char q[512];
    char out[1024];
    ssize_t n = recv(s->peer, q, sizeof q, 0);
    cr_assert(n > 2 && (q[0] << 8 | q[1]) == n - 2);
    size_t len = reply(s, out + 2, q + 2, (size_t)n - 2, true);
    if (s->says == GARBAGE)
        out[2] ^= 1;
    out[0] = (char)(len >> 8);
    out[1] = (char)len;
    if (s->says != HANG_UP)
        for (size_t i = 0; i < len + 2; i++) // in as many pieces as can be
            cr_assert(send(s->peer, out + i, 1, MSG_NOSIGNAL) == 1);
    watch_stop(s->peer_watch);
    close(s->peer);
}

static void on_tcp(void *arg)
{
    struct server *s = arg;
    s->peer = accept(s->tcp, NULL, NULL);
    s->peer_watch = watch_readable(loop, s->peer, on_peer, s);
}

static void serve(struct server *s, enum saying says)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    *s = (struct server){.says = says};
    do { // the same port for both
        s->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        s->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        at.sin_port = 0;
        cr_assert(bind(s->udp, (struct sockaddr *)&at, sizeof at) == 0);
        getsockname(s->udp, (struct sockaddr *)&at, &(socklen_t){sizeof at});
    } while (bind(s->tcp, (struct sockaddr *)&at, sizeof at) != 0 &&
             (close(s->udp), close(s->tcp), true));
    listen(s->tcp, 4);
    s->port = ntohs(at.sin_port);
    snprintf(s->place, sizeof s->place, "127.0.0.1:%d", s->port);
    s->udp_watch = watch_readable(loop, s->udp, on_udp, s);
    s->tcp_watch = watch_readable(loop, s->tcp, on_tcp, s);
}

static void serve_end(struct server *s)
{
    watch_stop(s->udp_watch);
    watch_stop(s->tcp_watch);
    close(s->udp);
    close(s->tcp);
}

struct outcome {
    int calls;
    struct value *found;
    const char *error;
};

static void on_done(struct value *found, const char *error, void *arg)
{
    struct outcome *o = arg;
    o->calls++;
    o->found = found;
    o->error = error;
}

static struct outcome ask(struct dns_request request)
{
    struct outcome o = {0};
    if (!request.name)
        request.name = "shop.test";
    if (!request.type)
        request.type = "TXT";
    dns_start(loop, &arena, &request, on_done, &o);
    cr_assert(eq(int, o.calls, 0), "never from inside the call");
    while (o.calls == 0)
        cr_assert(loop_once(loop));
    cr_assert(eq(int, o.calls, 1));
    cr_assert(o.found ? !o.error : o.error != NULL);
    return o;
}

static void expect_hello(struct outcome o, const struct server *s, const char *over)
{
    cr_assert(o.found != NULL, "%s", o.error);
    expect(data_at(o.found, "answers", 0), "hello");
    expect(value_get_text(o.found, "over"), over);
    expect(value_get_text(o.found, "server"), s->place);
}

static void expect_error(struct outcome o, const char *words)
{
    cr_expect(o.error && strstr(o.error, words), "no '%s' in: %s", words, o.error);
}

Test(dns, answers_over_udp_and_tcp)
{
    static const struct {
        enum saying says;
        bool tcp;
        const char *over;
    } rows[] = {
        {ANSWER, false, "udp"}, {ANSWER, true, "tcp"},      {FORGERY_FIRST, false, "udp"},
        {CUT, false, "tcp"},    {CUT_MIDWAY, false, "tcp"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct server s;
        serve(&s, rows[i].says);
        struct outcome o = ask((struct dns_request){.server = s.place, .tcp = rows[i].tcp});
        expect_hello(o, &s, rows[i].over);
        serve_end(&s);
        cr_expect(not(loop_once(loop)), "nothing is left behind");
    }
}

Test(dns, a_server_without_an_answer_makes_room_for_the_next)
{
    struct server good, bad;
    static const enum saying faults[] = {NOTHING, SERVFAIL};
    serve(&good, ANSWER);
    for (size_t i = 0; i < 2; i++) {
        serve(&bad, faults[i]);
        const char *both = arena_printf(&arena, "%s, %s", bad.place, good.place);
        struct outcome o = ask((struct dns_request){.server = both, .timeout_ms = 400});
        expect_hello(o, &good, "udp");
        cr_expect(eq(int, bad.asked, 1));
        serve_end(&bad);
    }
    const char *closed = arena_printf(&arena, "%s %s", bad.place, good.place); // refused by now
    expect_hello(ask((struct dns_request){.server = closed}), &good, "udp");
    serve_end(&good);
}

Test(dns, that_a_server_fails_is_an_answer)
{
    struct server s;
    serve(&s, SERVFAIL);
    struct outcome o = ask((struct dns_request){.server = s.place});
    cr_assert(o.found != NULL);
    expect(value_get_text(o.found, "status"), "SERVFAIL");
    cr_expect(eq(int, s.asked, 1));
    serve_end(&s);
}

Test(dns, nobody_answers)
{
    struct server s;
    serve(&s, NOTHING);
    int64_t start = clock_steady();
    struct outcome o = ask((struct dns_request){.server = s.place, .timeout_ms = 300});
    int64_t took = clock_steady() - start;
    expect_error(o, "asked for shop.test TXT, and no DNS server answered within 300ms");
    expect_error(o, "no answer");
    cr_expect(took >= 290 && took < 2000, "took %d ms", (int)took);
    cr_expect(eq(int, s.asked, 2), "asked twice");
    s.says = GARBAGE;
    o = ask((struct dns_request){.server = s.place, .timeout_ms = 500, .tcp = true});
    expect_error(o, "is damaged");
    s.says = HANG_UP;
    o = ask((struct dns_request){.server = s.place, .timeout_ms = 500, .tcp = true});
    expect_error(o, "it closed the connection");
    serve_end(&s);
    expect_error(ask((struct dns_request){.server = s.place}), "Connection refused");
    expect_error(ask((struct dns_request){.server = s.place, .tcp = true}), "Connection refused");
}

Test(dns, what_cannot_be_asked_is_said)
{
    expect_error(ask((struct dns_request){.server = "dns.test"}), "'dns.test' is not an address");
    expect_error(ask((struct dns_request){.server = "127.0.0.1:x"}), "is not an address");
    expect_error(ask((struct dns_request){.server = " , "}), "is not an address");
    expect_error(ask((struct dns_request){.server = "127.0.0.1", .type = "ANY"}), "'ANY'");
    expect_error(ask((struct dns_request){.server = "127.0.0.1", .name = "a..b"}),
                 "'a..b' is not a domain name");
}

static int open_files(void)
{
    int count = 0;
    DIR *d = opendir("/proc/self/fd");
    while (readdir(d))
        count++;
    closedir(d);
    return count;
}

Test(dns, cancelling_closes_at_once_at_every_stage)
{
    struct server s;
    serve(&s, NOTHING);
    watch_stop(s.tcp_watch); // nobody accepts
    int before = open_files();
    for (int ms = -1; ms < 20; ms++) { // -1: before the loop turns at all
        struct outcome o = {0};
        struct dns_request request = {
            .name = "shop.test", .type = "A", .server = s.place, .tcp = ms % 2};
        struct dns *d = dns_start(loop, &arena, &request, on_done, &o);
        for (int64_t until = clock_steady() + ms; clock_steady() < until; usleep(500))
            loop_poll(loop);
        dns_cancel(d);
        cr_expect(eq(int, o.calls, 0));
        cr_expect(eq(int, open_files(), before), "after %d ms", ms);
    }
    dns_cancel(NULL);
    s.tcp_watch = NULL;
    serve_end(&s);
}
