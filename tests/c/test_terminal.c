#include <criterion/criterion.h>
#include <string.h>

#include "base/glyph.h"
#include "shown.h"

TestSuite(terminal, .init = shown_set_up);

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
        "      gate   errors  below 0.5 % ~ read live: 0.1 %\n"
        "             rate(e)\n"
        "      wait   10m: bake ~ assumed to pass\n"
        "      ask    Go on? ~ assumed: yes\n"
        "      check  the weight is 5 ~ to be checked after the change\n"
        "\n"
        "What it would change, in this order\n"
        "   1  PATCH ingress/canary ~ 5 %\n"
        "\n"
        "If a phase fails at its end\n"
        "  canary     The changes are rolled back, last first:\n"
        "             1. 5 %, the same undo as of 1 % and 2 %\n"
        "             stays  ready: it has no undo\n"
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

Test(terminal, plan_hides_no_write)
{
    struct shown s =
        show(TERMINAL_NORMAL, TERMINAL_AUTO,
             TELLING_START(
                 "plan") "{'event':'effect.ended','at':0,'phase':'p','step':'s','access':'write',"
                         "'quiet':true,'summary':'DELETE it','outcome':'ok'}\n"
                         "{'event':'effect.ended','at':0,'phase':'p','step':'s','access':'read',"
                         "'quiet':true,'summary':'GET it','outcome':'ok'}\n");
    cr_expect_not_null(strstr(s.out, "      write  DELETE it"), "shown:\n%s", s.out);
    cr_expect_null(strstr(s.out, "GET it"));
    shown_free(&s);
}

Test(terminal, a_traceback_stands_below_its_error)
{
    struct shown s =
        show(TERMINAL_NORMAL, TERMINAL_AUTO,
             "{'event':'step.started','at':0,'phase':'p','step':'s','attempt':1}\n"
             "{'event':'step.ended','at':10,'phase':'p','step':'s','outcome':'failed',"
             "'error':{'text':'no answer','where':'a.lua:1','traceback':'stack traceback:\\n"
             "a.lua:1: in function'},'seconds':0.01,'attempts':1}\n");
    expect_lines(s.out, "  ✗ s ~ 10ms\n"
                        "      ✗ no answer ~ a.lua:1\n"
                        "        stack traceback:\n"
                        "        a.lua:1: in function\n");
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

Test(terminal, a_question_is_shown_though_quiet)
{
    struct shown s =
        show(TERMINAL_QUIET, TERMINAL_AUTO,
             "{'event':'step.started','at':0,'phase':'p','step':'s','attempt':1}\n"
             "{'event':'log','at':1,'phase':'p','step':'s','level':'info','text':'t'}\n"
             "{'event':'asked','at':2,'phase':'p','step':'s','question':'Go on?'}\n"
             "{'event':'answered','at':3,'phase':'p','step':'s','answer':'yes',"
             "'by':'terminal'}\n"
             "{'event':'step.ended','at':4,'phase':'p','step':'s','outcome':'ok'}\n");
    cr_expect_str_eq(s.out, "      ? Go on?\n");
    shown_free(&s);
}
