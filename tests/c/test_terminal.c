#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "record/glyph.h"
#include "record/ink.h"
#include "record/terminal.h"
#include "telling.h"

static void set_up(void)
{
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("TERM", "xterm", 1);
    setenv("TZ", "UTC", 1);
    unsetenv("NO_COLOR");
}

TestSuite(terminal, .init = set_up);

struct shown {
    char *out, *err;
    size_t out_len, err_len;
};

// What the view prints of `lines` when neither stream is a terminal.
static struct shown show(enum terminal_detail detail, enum terminal_color color, const char *lines)
{
    struct shown s = {0};
    FILE *out = open_memstream(&s.out, &s.out_len), *err = open_memstream(&s.err, &s.err_len);
    struct terminal_options options = {out, err, detail, color};
    struct listener *t = terminal_new(&options);
    tell(t, lines);
    terminal_free(t);
    fclose(out);
    fclose(err);
    return s;
}

static void shown_free(struct shown *s)
{
    free(s->out);
    free(s->err);
}

static int columns_of(const char *text, size_t len)
{
    int columns = 0;
    for (size_t i = 0; i < len;) {
        uint32_t c;
        i += glyph_read(text + i, len - i, &c);
        columns += glyph_width(c);
    }
    return columns;
}

// Writes " ~ " for the gap before what is aligned to the right, having seen that it ends in column
// 100.
static char *squeeze(const char *text)
{
    struct buf out = {0};
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
        size_t len = strcspn(line, "\n"), lead = strspn(line, " ");
        const char *gap = strstr(line + lead, "      ");
        if (gap && gap < line + len) {
            cr_expect_eq(columns_of(line, len), 100, "%.*s", (int)len, line);
            buf_add(&out, line, (size_t)(gap - line));
            buf_puts(&out, " ~ ");
            gap += strspn(gap, " ");
            buf_add(&out, gap, len - (size_t)(gap - line));
        } else {
            buf_add(&out, line, len);
        }
        buf_putc(&out, '\n');
    }
    return buf_take(&out);
}

static void expect_lines(const char *text, const char *want)
{
    char *squeezed = squeeze(text);
    cr_expect_str_eq(squeezed, want, "shown:\n%s\nwanted:\n%s", squeezed, want);
    free(squeezed);
}

static void expect_shown(enum terminal_detail detail, const char *lines, const char *want)
{
    struct shown s = show(detail, TERMINAL_AUTO, lines);
    expect_lines(s.out, want);
    shown_free(&s);
}

#define HEAD                                                                                       \
    "golive  Take it live\n"                                                                       \
    "run r-1 of golive.lua, by op on ops-1\n"

Test(terminal, run_that_passes)
{
    expect_shown(TERMINAL_NORMAL, TELLING_PASS,
                 HEAD "\n"
                      "check ~ 14:22:00\n"
                      "  ✓ ready ~ 50ms\n"
                      "  – later  skipped: not today\n"
                      "\n"
                      "canary ~ 14:22:00\n"
                      "  ▸ 5 %\n"
                      "      ● PATCH ingress/canary ~ 100ms\n"
                      "        weight: 0 → 5\n"
                      "      → Dashboard  https://example.com/d\n"
                      "      ✓ errors  0.1 %  below 0.5 %\n"
                      "      ✓ p95     90 ms  below 200 ms\n"
                      "  ✓ 5 % ~ 10m\n"
                      "\n"
                      "✓ golive is done ~ 10m\n"
                      "  2 steps, 2 checks, 1 read, 1 write ~ exit 0\n");
}

Test(terminal, breach_is_rolled_back)
{
    struct shown s = show(TERMINAL_NORMAL, TERMINAL_AUTO, TELLING_ROLLED_BACK);
    char *bar = strstr(s.out, "━━ ROLLING BACK ━");
    const char *step = strstr(s.out, "  ▸ 5 %");
    cr_assert(bar && step && step < bar);
    bar[-1] = '\0';
    expect_lines(step, "  ▸ 5 %\n"
                       "      ● PATCH ingress/canary ~ 100ms\n"
                       "        weight: 0 → 5\n"
                       "      ✗ errors  2.4 %  must be below 0.5 %\n"
                       "      ✓ p95  90 ms  below 200 ms\n"
                       "      ✗ gate errors is breached: 2.4 % ~ golive.lua:12\n"
                       "  ✗ 5 % ~ 1m 02s\n");
    expect_lines(strchr(bar, '\n') + 1, "  gate errors is breached: 2.4 %\n"
                                        "  1 step to undo, last first\n"
                                        "  ✓ undone: 5 % ~ 200ms\n"
                                        "      ● PATCH ingress/canary ~ 100ms\n"
                                        "        weight: 5 → 0\n"
                                        "      ✓ the weight is 0\n"
                                        "  ✓ Everything was undone  1 step\n"
                                        "\n"
                                        "✗ failed, and rolled back ~ 1m 03s\n"
                                        "  2 steps, 2 writes ~ exit 5\n"
                                        "  next: mend the cause\n");
    shown_free(&s);
}

Test(terminal, undo_that_fails_cannot_be_missed)
{
    struct shown s = show(TERMINAL_NORMAL, TERMINAL_AUTO, TELLING_NOT_UNDONE);
    cr_expect_not_null(strstr(s.out, "  ✗ NOT undone: 5 %  after 3 attempts"));
    cr_expect_not_null(strstr(s.out, "━━ NOT EVERYTHING WAS UNDONE ━━━"));
    cr_expect_not_null(strstr(s.out, "  ✗ 5 %: 409 Conflict\n"));
    cr_expect_not_null(strstr(s.out, "  These changes stand:\n    ● 5 %: its undo failed\n"));
    cr_expect_null(strstr(s.out, "Everything was undone"));
    shown_free(&s);
}

Test(terminal, quiet_shows_failures_and_the_end)
{
    expect_shown(TERMINAL_QUIET, TELLING_PASS,
                 "\n"
                 "✓ golive is done ~ 10m\n"
                 "  2 steps, 2 checks, 1 read, 1 write ~ exit 0\n");
    struct shown s = show(TERMINAL_QUIET, TERMINAL_AUTO, TELLING_ROLLED_BACK);
    cr_expect(strncmp(s.out, "\ncanary", 7) == 0, "shown:\n%s", s.out);
    cr_expect_not_null(strstr(s.out, "  ✗ 5 %"));
    cr_expect_not_null(strstr(s.out, "ROLLING BACK"));
    cr_expect_not_null(strstr(s.out, "✓ undone: 5 %"));
    cr_expect_eq(s.err_len, 0);
    shown_free(&s);
}

Test(terminal, verbose_shows_every_effect_and_check)
{
    struct shown s = show(TERMINAL_VERBOSE, TERMINAL_AUTO, TELLING_PASS);
    cr_expect_not_null(strstr(s.out, "  host = example.com\n"));
    cr_expect_not_null(strstr(s.out, "      · GET https://example.com/  200, 5 bytes"));
    cr_expect_not_null(strstr(s.out, "      ✓ it answers\n"));
    shown_free(&s);
}

Test(terminal, plan)
{
    expect_shown(
        TERMINAL_NORMAL, TELLING_PLAN,
        "PLAN  golive  Take it live\n"
        "Reads are live. Nothing is changed, nobody is asked, waits pass at once.\n"
        "\n"
        "check\n"
        "   1  ready\n"
        "      read   GET https://example.com/  200 ~ read live\n"
        "\n"
        "canary ~ rolled back when it fails\n"
        "   2  5 %\n"
        "      write  PATCH ingress/canary ~ checked by the server\n"
        "             weight: 0 → 5\n"
        "      gate   errors  below 0.5 % ~ now 0.1 %\n"
        "             rate(e)\n"
        "      wait   10m: bake ~ passed over\n"
        "      ask    Go on? ~ taken as answered\n"
        "      check  the weight is 5 ~ to be checked after the change\n"
        "\n"
        "✓ golive is planned ~ 100ms\n"
        "  2 steps, 1 read, 1 write, 1 wait, 1 question; a run is expected to take 10m ~ exit 0\n"
        "  This was a plan: nothing was changed.\n"
        "  next: to do it: runbook golive.lua\n");
}

Test(terminal, plan_that_fails_says_all_the_same_that_nothing_was_changed)
{
    struct shown s = show(
        TERMINAL_QUIET, TERMINAL_AUTO,
        TELLING_START("plan") "{'event':'step.ended','at':0,'phase':'check','step':'ready',"
                              "'outcome':'failed','error':{'kind':'unknown','text':'not known in a "
                              "plan','where':'golive.lua:3'}}\n"
                              "{'event':'run.ended','at':0,'outcome':'failed','exit':4,"
                              "'headline':'the plan has a problem','seconds':0.1,'counts':{}}\n");
    cr_expect_not_null(strstr(s.out, "check: ready\n      ! not known in a plan"));
    cr_expect_not_null(strstr(s.out, "✗ the plan has a problem"));
    cr_expect_not_null(strstr(s.out, "  This was a plan: nothing was changed.\n"));
    shown_free(&s);
}

Test(terminal, retries_questions_and_warnings)
{
    struct shown s = show(
        TERMINAL_NORMAL, TERMINAL_AUTO,
        "{'event':'step.started','at':0,'phase':'p','step':'s','attempt':1}\n"
        "{'event':'step.ended','at':10,'phase':'p','step':'s','outcome':'failed',"
        "'error':{'text':'no answer','where':'a.lua:1'},'seconds':0.01,'attempts':1,'retry_in':2}\n"
        "{'event':'step.started','at':2010,'phase':'p','step':'s','attempt':2}\n"
        "{'event':'log','at':2011,'phase':'p','step':'s','level':'warn','text':'slow'}\n"
        "{'event':'asked','at':2012,'phase':'p','step':'s','kind':'approve','question':'Go on?'}\n"
        "{'event':'answered','at':9000,'phase':'p','step':'s','question':'Go on?','answer':'yes',"
        "'by':'terminal'}\n"
        "{'event':'table','at':9001,'phase':'p','step':'s','title':'Top','columns':['who','USD'],"
        "'rows':[['ann',10],['bob','2.50']]}\n"
        "{'event':'step.ended','at':9010,'phase':'p','step':'s','outcome':'ok','error':null,"
        "'seconds':7,'attempts':2,'retry_in':null}\n");
    const char *want = "  ↻ s  attempt 1 failed, again in 2s ~ 10ms\n"
                       "      ✗ no answer ~ a.lua:1\n"
                       "  ▸ s\n"
                       "      ! slow\n"
                       "      ? Go on?\n"
                       "        answered: yes (terminal)\n"
                       "      · Top\n"
                       "        who   USD\n"
                       "        ann    10\n"
                       "        bob  2.50\n"
                       "  ✓ s  at attempt 2 ~ 7s\n";
    expect_lines(s.out, want);
    shown_free(&s);
}

// Every byte that is neither text nor a line feed, and every character that steers.
static void expect_harmless(const char *text, size_t len)
{
    for (size_t i = 0, used; i < len; i += used) {
        uint32_t c;
        used = glyph_read(text + i, len - i, &c);
        cr_assert(c == '\n' || !glyph_hostile(c), "U+%04X at %zu in: %s", (unsigned)c, i, text);
    }
}

Test(terminal, hostile_texts_are_neutralised)
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

Test(terminal, bytes_that_are_not_utf8_and_endless_texts)
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

Test(terminal, ascii_when_the_locale_is_not_utf8)
{
    setenv("LC_ALL", "C", 1);
    struct shown s = show(TERMINAL_NORMAL, TERMINAL_AUTO, TELLING_NOT_UNDONE);
    for (size_t i = 0; i < s.out_len; i++)
        cr_assert((unsigned char)s.out[i] < 0x80, "at: %s", s.out + i);
    cr_expect_not_null(strstr(s.out, "weight: 0 -> 5"));
    cr_expect_not_null(strstr(s.out, "== ROLLING BACK ==="));
    shown_free(&s);
}

Test(terminal, colours_when_asked_for_only)
{
    struct shown s = show(TERMINAL_NORMAL, TERMINAL_ALWAYS, TELLING_PASS);
    cr_expect_not_null(strstr(s.out, "\x1b[0;32m✓\x1b[0m ready"));
    shown_free(&s);
    s = show(TERMINAL_NORMAL, TERMINAL_AUTO, TELLING_PASS);
    cr_expect_null(strchr(s.out, '\x1b'));
    shown_free(&s);
}

Test(terminal, progress_is_a_line_every_thirty_seconds_without_a_terminal)
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

Test(terminal, wraps_to_the_terminal_and_rewrites_the_progress_line)
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

Test(terminal, leaves_a_question_alone_until_it_is_answered)
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

Test(terminal, a_run_cut_off_shows_what_was_held_back)
{
    struct shown s =
        show(TERMINAL_NORMAL, TERMINAL_AUTO,
             "{'event':'step.started','at':0,'phase':'p','step':'s','attempt':1}\n"
             "{'event':'log','at':1,'phase':'p','step':'s','level':'info','text':'t'}\n"
             "{'event':'run.ended','at':2,'outcome':'stopped','exit':130,"
             "'headline':'stopped','counts':{}}\n");
    cr_expect_not_null(strstr(s.out, "      · t\n\n! stopped\n"), "shown:\n%s", s.out);
    shown_free(&s);
}

Test(terminal, what_is_told_outside_of_a_step_is_shown_too)
{
    struct shown s = show(TERMINAL_VERBOSE, TERMINAL_AUTO,
                          "{'event':'step.started','at':0,'phase':'p','step':'s','attempt':1}\n"
                          "{'event':'step.ended','at':1,'phase':'p','step':'s','outcome':'ok'}\n"
                          "{'event':'effect.ended','at':2,'access':'read','summary':'GET',"
                          "'outcome':'failed','error':'refused','seconds':-1}\n"
                          "{'event':'log','at':3,'level':'warn','text':'odd'}\n");
    cr_expect_str_eq(s.out, "  ✓ s\n      ✗ GET\n        refused\n      ! odd\n");
    shown_free(&s);
}
