#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/glyph.h"
#include "record/ink.h"
#include "shown.h"

TestSuite(screen, .init = shown_set_up);

// Every byte that is neither text nor a line feed, and every character that steers.
static void expect_harmless(const char *text, size_t len)
{
    for (size_t i = 0, used; i < len; i += used) {
        uint32_t c;
        used = glyph_read(text + i, len - i, &c);
        cr_assert(c == '\n' || !glyph_hostile(c), "U+%04X at %zu in: %s", (unsigned)c, i, text);
    }
}

Test(screen, hostile_texts_are_neutralised)
{
    static const char *const locales[] = {"C.UTF-8", "C"};
    for (int i = 0; i < 2; i++) {
        setenv("LC_ALL", locales[i], 1);
        struct shown s = show(TERMINAL_VERBOSE, TERMINAL_AUTO, TELLING_HOSTILE);
        expect_harmless(s.out, s.out_len);
        expect_harmless(s.err, s.err_len);
        cr_expect_not_null(strstr(s.out, "\\x1b[2J\\u009b31m\\x7f\\x00\\u202e<script>"));
        shown_free(&s);
    }
}

Test(screen, bytes_that_are_not_utf8_and_endless_texts)
{
    struct ink line = {.utf8 = true};
    char *endless = mem_alloc(100001);
    memset(endless, 'x', 100000);
    ink_puts(&line, TONE_PLAIN, "a\xff\xc0\xaf\xed\xa0\x80z");
    cr_expect_not_null(strstr(line.text.data, "a\\xff\\xc0\\xaf\\xed\\xa0\\x80z"));
    ink_puts(&line, TONE_PLAIN, endless);
    cr_expect_lt(line.text.len, INK_MOST_BYTES + 200);
    cr_expect_not_null(strstr(line.text.data, "x… (98000 more bytes)"));
    buf_free(&line.text);
    free(endless);
}

Test(screen, ascii_when_the_locale_is_not_utf8)
{
    setenv("LC_ALL", "C", 1);
    struct shown s = show(TERMINAL_NORMAL, TERMINAL_AUTO, TELLING_NOT_UNDONE);
    for (size_t i = 0; i < s.out_len; i++)
        cr_assert((unsigned char)s.out[i] < 0x80, "at: %s", s.out + i);
    cr_expect_not_null(strstr(s.out, "weight: 0 -> 5"));
    cr_expect_not_null(strstr(s.out, "== ROLLING BACK ==="));
    shown_free(&s);
}

Test(screen, colours_when_asked_for_only)
{
    struct shown s = show(TERMINAL_NORMAL, TERMINAL_ALWAYS, TELLING_PASS);
    cr_expect_not_null(strstr(s.out, "\x1b[0;32m✓\x1b[0m ready"));
    shown_free(&s);
    s = show(TERMINAL_NORMAL, TERMINAL_AUTO, TELLING_PASS);
    cr_expect_null(strchr(s.out, '\x1b'));
    shown_free(&s);
}

Test(screen, progress_is_a_line_every_thirty_seconds_without_a_terminal)
{
    struct buf lines = {0};
    buf_puts(&lines, "{'event':'step.started','at':0,'phase':'p','step':'s','attempt':1}\n");
    for (int i = 1; i <= 100; i++)
        buf_printf(&lines,
                   "{'event':'progress','at':%d,'phase':'p','step':'s','label':'bake','elapsed':%d,"
                   "'remaining':%d,'figures':[{'name':'e','value':'1','limit':'below 2','ok':true},"
                   "{'name':'f','value':'3','limit':'below 2','ok':false},"
                   "{'name':'now','value':'weight 5'}]}\n",
                   i * 1000, i, 120 - i);
    struct shown s = show(TERMINAL_NORMAL, TERMINAL_AUTO, lines.data);
    cr_expect_str_eq(s.err,
                     "s  bake  30s of 2m  f 3 (must be below 2)  e 1 (below 2)  now weight 5\n"
                     "s  bake  1m of 2m  f 3 (must be below 2)  e 1 (below 2)  now weight 5\n"
                     "s  bake  1m 30s of 2m  f 3 (must be below 2)  e 1 (below 2)  now weight "
                     "5\n");
    shown_free(&s);
    s = show(TERMINAL_QUIET, TERMINAL_AUTO, lines.data);
    cr_expect_str_eq(s.err, "");
    shown_free(&s);
    buf_free(&lines);
}

// A pseudo-terminal of 60 columns.
struct pty {
    int master;
    FILE *slave;
    struct buf seen;
};

static struct pty pty_open(void)
{
    struct winsize size = {.ws_row = 24, .ws_col = 60};
    struct pty p = {.master = posix_openpt(O_RDWR | O_NOCTTY)};
    cr_assert(p.master >= 0 && grantpt(p.master) == 0 && unlockpt(p.master) == 0);
    int slave = open(ptsname(p.master), O_RDWR | O_NOCTTY);
    cr_assert(slave >= 0);
    ioctl(slave, TIOCSWINSZ, &size);
    p.slave = fdopen(slave, "w");
    return p;
}

static void pty_read(struct pty *p)
{
    struct pollfd poll_fd = {.fd = p->master, .events = POLLIN};
    char block[4096];
    while (poll(&poll_fd, 1, 50) > 0 && poll_fd.revents & POLLIN) {
        ssize_t n = read(p->master, block, sizeof block);
        if (n <= 0)
            break;
        buf_add(&p->seen, block, (size_t)n);
    }
}

Test(screen, wraps_to_the_terminal_and_rewrites_the_progress_line)
{
    struct pty p = pty_open();
    struct terminal_options options = {p.slave, p.slave, TERMINAL_NORMAL, TERMINAL_NEVER};
    struct listener *t = terminal_new(&options);
    tell(t, "{'event':'step.started','at':0,'phase':'p','step':'s','attempt':1}\n"
            "{'event':'progress','at':1000,'phase':'p','step':'s','label':'bake','elapsed':30,"
            "'remaining':30,'figures':[{'name':'a','value':'1','limit':'below 2','ok':true},"
            "{'name':'b','value':'1','limit':'below 2','ok':true},"
            "{'name':'c','value':'1','limit':'below 2','ok':true}]}\n"
            "{'event':'check','at':1500,'phase':'p','step':'s','ok':false,'where':'a.lua:7','text':"
            "'one two three four five six seven eight nine ten eleven twelve thirteen'}\n");
    pty_read(&p);
    const char *want = "\rs\x1b[K"
                       "\rs  bake  ━━━━━━──────  30s of 1m  a 1 (below 2)  +2 ok\x1b[K"
                       "\r\x1b[K  ▸ s\r\n"
                       "      ✗ one two three four five six seven eight      a.lua:7\r\n"
                       "        nine ten eleven twelve thirteen\r\n";
    cr_expect_not_null(strstr(p.seen.data, want), "seen:\n%s", p.seen.data);
    terminal_free(t);
    fclose(p.slave);
    close(p.master);
    buf_free(&p.seen);
}

Test(screen, leaves_a_question_alone_until_it_is_answered)
{
    struct pty p = pty_open();
    struct terminal_options options = {p.slave, p.slave, TERMINAL_NORMAL, TERMINAL_NEVER};
    struct listener *t = terminal_new(&options);
    tell(t, "{'event':'step.started','at':0,'phase':'p','step':'s','attempt':1}\n"
            "{'event':'asked','at':10,'phase':'p','step':'s','kind':'approve','question':'Go?'}\n");
    pty_read(&p);
    cr_expect_not_null(strstr(p.seen.data, "\r\x1b[K  ▸ s\r\n      ? Go?\r\n"), "%s", p.seen.data);
    buf_clear(&p.seen);
    tell(t, "{'event':'progress','at':1000,'phase':'p','step':'s','label':'x','elapsed':1,"
            "'remaining':9,'figures':[]}\n"
            "{'event':'effect.started','at':1001,'phase':'p','step':'s','access':'read',"
            "'summary':'GET'}\n");
    pty_read(&p);
    cr_expect_eq(p.seen.len, 0, "%s", p.seen.data);
    terminal_free(t);
    fclose(p.slave);
    close(p.master);
    buf_free(&p.seen);
}
