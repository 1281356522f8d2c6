#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "net/loop.h"
#include "net/starttls.h"

static struct loop *loop;

// The other end of a socket pair: plays its lines one after the other, each when it has heard what
// belongs before it.
struct peer {
    int fd, ours;
    const char *const *script; // "<" heard, ">" said; "!" closes the connection
    struct buf heard;
    struct watch *watch;
    int calls;
    char error[512];
};

static void play(void *arg)
{
    struct peer *p = arg;
    char bytes[4096];
    ssize_t n = recv(p->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n > 0)
        buf_add(&p->heard, bytes, (size_t)n);
    for (; *p->script; p->script++) {
        const char *line = *p->script + 1;
        size_t len = strlen(line);
        if (**p->script == '<') {
            size_t known = strcmp(line, "*") == 0 ? 0 : len; // "*": whatever comes
            if (p->heard.len < (known ? known : 1))
                return;
            cr_expect(strncmp(buf_text(&p->heard), line, known) == 0, "heard '%s' instead of '%s'",
                      buf_text(&p->heard), line);
            buf_clear(&p->heard);
        } else if (**p->script == '>') {
            for (size_t i = 0; i < len; i++) // in as many pieces as can be
                cr_assert(send(p->fd, line + i, 1, MSG_NOSIGNAL) == 1);
        } else {
            shutdown(p->fd, SHUT_WR);
        }
    }
}

static void on_done(const char *error, void *arg)
{
    struct peer *p = arg;
    p->calls++;
    snprintf(p->error, sizeof p->error, "%s", error ? error : "");
}

static void meet(struct peer *p, const char *const *script)
{
    int pair[2];
    cr_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    *p = (struct peer){.fd = pair[0], .ours = pair[1], .script = script};
    fcntl(p->ours, F_SETFL, O_NONBLOCK);
    p->watch = watch_readable(loop, p->fd, play, p);
    play(p);
}

static void part(struct peer *p)
{
    watch_stop(p->watch);
    close(p->fd);
    close(p->ours);
    buf_free(&p->heard);
}

static void set_up(void)
{
    loop = loop_new();
}

static void tear_down(void)
{
    loop_free(loop);
}

TestSuite(starttls, .init = set_up, .fini = tear_down, .timeout = 20);

#define EHLO "<EHLO [127.0.0.1]\r\n"
static const struct row {
    const char *title;
    enum starttls_protocol protocol;
    const char *script[8];
    const char *error; // NULL: TLS may begin
} rows[] = {
    {"smtp",
     STARTTLS_SMTP,
     {">220 mail.test ESMTP\r\n", EHLO,
      ">250-mail.test\r\n250-SIZE 1\r\n250-STARTTLS\r\n250 HELP\r\n", "<STARTTLS\r\n",
      ">220 go on\r\n"},
     NULL},
    {"smtp, many lines, bare line feeds, lower case",
     STARTTLS_SMTP,
     {">220-mail.test\n220-welcome\n220 ESMTP\n", EHLO, ">250-x\n250 starttls\n", "<STARTTLS\r\n",
      ">220\n"},
     NULL},
    {"smtp without STARTTLS",
     STARTTLS_SMTP,
     {">220 x\r\n", EHLO, ">250-x\r\n250 STARTTLSX\r\n"},
     "does not offer STARTTLS; switch TLS on there"},
    {"smtp that is busy",
     STARTTLS_SMTP,
     {">421 too many connections\r\n"},
     "the server answered '421 too many connections'; check that it speaks SMTP"},
    {"smtp that has no certificate",
     STARTTLS_SMTP,
     {">220 x\r\n", EHLO, ">250 STARTTLS\r\n", "<STARTTLS\r\n", ">454 TLS not available\r\n"},
     "answered '454 TLS not available'"},
    {"smtp that hangs up",
     STARTTLS_SMTP,
     {">220 x\r\n", EHLO, "!"},
     "the server closed the connection"},
    {"smtp that is something else", STARTTLS_SMTP, {">SSH-2.0-x\x1b[31m\r\n"}, "'SSH-2.0-x?[31m'"},
    {"imap",
     STARTTLS_IMAP,
     {">* OK [CAPABILITY IMAP4rev1] ready\r\n", "<a STARTTLS\r\n", ">* NOTE x\r\na OK begin\r\n"},
     NULL},
    {"imap that does not",
     STARTTLS_IMAP,
     {">* OK x\r\n", "<a STARTTLS\r\n", ">a BAD unknown\r\n"},
     "answered 'a BAD unknown'; switch TLS on there"},
    {"imap that is logged in already", STARTTLS_IMAP, {">* PREAUTH x\r\n"}, "'* PREAUTH x'"},
    {"imap that says bye", STARTTLS_IMAP, {">* BYE x\r\n"}, "lets this machine in"},
    {"imap that says nothing", STARTTLS_IMAP, {">\r\n"}, "check that it speaks IMAP here"},
    {"postgres", STARTTLS_POSTGRES, {"<*", ">S"}, NULL},
    {"postgres without", STARTTLS_POSTGRES, {"<*", ">N"}, "set ssl = on"},
    {"postgres of old",
     STARTTLS_POSTGRES,
     {"<*", ">Eunsupported\n"},
     "answered 'E'; check that PostgreSQL runs"},
    {"postgres that is something else", STARTTLS_POSTGRES, {"<*", ">H"}, "answered 'H'"},
};

Test(starttls, is_right_in_every_row)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r = &rows[i];
        struct peer p;
        meet(&p, r->script);
        starttls_start(loop, p.ours, r->protocol, on_done, &p);
        cr_assert(eq(int, p.calls, 0), "never from inside the call");
        while (p.calls == 0)
            loop_once(loop);
        cr_expect(eq(int, p.calls, 1));
        cr_expect(r->error ? strstr(p.error, r->error) != NULL : *p.error == '\0', "%s: '%s'",
                  r->title, p.error);
        part(&p);
    }
}

Test(starttls, postgres_is_asked_as_its_protocol_has_it)
{
    static const char *const script[] = {NULL};
    struct peer p;
    meet(&p, script);
    struct starttls *s = starttls_start(loop, p.ours, STARTTLS_POSTGRES, on_done, &p);
    while (p.heard.len == 0)
        loop_once(loop);
    cr_assert(eq(sz, p.heard.len, 8));
    cr_expect(memcmp(p.heard.data, "\0\0\0\x08\x04\xd2\x16\x2f", 8) == 0);
    starttls_cancel(s);
    part(&p);
}

Test(starttls, more_than_consent_is_refused)
{
    static const char *const script[] = {">* OK x\r\n", NULL};
    struct peer p;
    meet(&p, script);
    starttls_start(loop, p.ours, STARTTLS_IMAP, on_done, &p);
    while (!strstr(buf_text(&p.heard), "STARTTLS\r\n"))
        loop_once(loop);
    cr_assert(send(p.fd, "a OK x\r\na OK LOGIN\r\n", 20, 0) == 20); // at once
    while (p.calls == 0)
        loop_once(loop);
    cr_expect(strstr(p.error, "sent more than its consent before TLS began") != NULL, "%s",
              p.error);
    part(&p);
}

Test(starttls, an_endless_greeting_is_refused)
{
    static const char *const script[] = {NULL};
    static char line[20000];
    struct peer p;
    for (size_t i = 0; i < 2; i++) { // one line, and many
        memset(line, 'x', sizeof line);
        for (size_t at = 0; i && at + 8 < sizeof line; at += 8)
            memcpy(line + at, "220-xx\r\n", 8);
        meet(&p, script);
        starttls_start(loop, p.ours, i ? STARTTLS_SMTP : STARTTLS_IMAP, on_done, &p);
        for (int turns = 0; p.calls == 0 && turns < 100; turns++) {
            cr_assert(send(p.fd, line, sizeof line, MSG_DONTWAIT | MSG_NOSIGNAL) != 0);
            loop_once(loop);
        }
        if (i == 0)
            cr_expect(strstr(p.error, "talks on and on") != NULL, "%s", p.error);
        part(&p);
    }
}

Test(starttls, cancelling)
{
    static const char *const script[] = {">220 x\r\n", NULL};
    struct peer p;
    meet(&p, script);
    starttls_cancel(starttls_start(loop, p.ours, STARTTLS_SMTP, on_done, &p));
    struct starttls *s = starttls_start(loop, p.ours, STARTTLS_SMTP, on_done, &p);
    while (p.heard.len == 0)
        loop_once(loop);
    starttls_cancel(s);
    starttls_cancel(NULL);
    watch_stop(p.watch);
    p.watch = NULL;
    cr_expect(not(loop_once(loop)), "nothing is left behind");
    cr_expect(eq(int, p.calls, 0));
    part(&p);
}

Test(starttls, protocols)
{
    enum starttls_protocol p = STARTTLS_NONE;
    cr_expect(not(starttls_find("ftp", &p)));
    cr_expect(not(starttls_find("", &p)));
    cr_expect(p == STARTTLS_NONE);
    static const char *const names[] = {"smtp", "imap", "postgres"};
    static const int ports[] = {25, 143, 5432};
    for (size_t i = 0; i < 3; i++) {
        cr_assert(starttls_find(names[i], &p));
        cr_expect(strcmp(starttls_name(p), names[i]) == 0 && starttls_port(p) == ports[i]);
    }
}
