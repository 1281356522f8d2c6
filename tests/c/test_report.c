#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "record/report.h"
#include "telling.h"

static char folder[] = "/tmp/runbook-report-XXXXXX";

static void set_up(void)
{
    cr_assert_not_null(mkdtemp(folder));
}

static void tear_down(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    cr_expect_eq(system(command), 0);
}

TestSuite(report, .init = set_up, .fini = tear_down);

static char *path_of(const char *name)
{
    struct buf path = {0};
    buf_printf(&path, "%s/%s", folder, name);
    return buf_take(&path);
}

static char *text_of(const char *path)
{
    struct buf text = {0};
    error_local(err);
    cr_assert(file_read(path, &text, &err), "%s", error_text(&err));
    return buf_take(&text);
}

// The report `name` of what is told.
static char *report_of(const char *name, const char *lines)
{
    error_local(err);
    char *path = path_of(name);
    const char *paths[] = {path};
    struct listener *report = report_new(paths, 1, &err);
    cr_assert_not_null(report, "%s", error_text(&err));
    tell(report, lines);
    cr_expect(report_finish(report, &err), "%s", error_text(&err));
    report_free(report);
    char *text = text_of(path);
    free(path);
    return text;
}

static const char *const hostile_and_others[] = {
    TELLING_PASS,       TELLING_ROLLED_BACK,
    TELLING_NOT_UNDONE, TELLING_PLAN,
    TELLING_HOSTILE,    "{'event':'log','at':0,'level':'info','text':'nothing was ever begun'}\n"};
enum { STORIES = sizeof hostile_and_others / sizeof *hostile_and_others };

Test(report, a_place_that_will_not_do_is_found_out_before_the_run)
{
    error_local(err);
    char *missing = path_of("no/such/folder/r.html"), *dir = path_of("dir.md");
    char *good = path_of("r.json");
    const char *wrong[] = {"r.txt", "r", ".html", "html", "a.html/r", missing, dir};
    static const char *const why[] = {"may end in .html", "may end in", "may end in",
                                      "may end in",       "may end in", "No such file",
                                      "is a folder"};
    mkdir(dir, 0700);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *paths[] = {good, wrong[i]};
        error_free(&err);
        cr_expect_null(report_new(paths, 2, &err), "%s", wrong[i]);
        cr_expect_not_null(strstr(error_text(&err), why[i]), "%s", error_text(&err));
        cr_expect_not_null(strstr(error_text(&err), wrong[i]), "%s", error_text(&err));
    }
    cr_expect_neq(access(good, F_OK), 0, "nothing is left behind");
    free(missing);
    free(dir);
    free(good);
}

Test(report, what_is_not_said_has_no_row)
{
    char *text = report_of("r.md", "{'event':'run.started','at':0,'name':'golive','summary':'',"
                                   "'file':'golive.lua','mode':'live','run':'r-1','user':''}\n");
    cr_expect_null(strstr(text, "| What |"), "%s", text);
    cr_expect_null(strstr(text, "| By |"), "%s", text);
    cr_expect_not_null(strstr(text, "| File | golive.lua |"), "%s", text);
    free(text);
}

Test(report, an_earlier_report_stays_until_the_new_one_is_whole)
{
    error_local(err);
    char *path = path_of("r.MD");
    const char *paths[] = {path};
    cr_assert(file_write(path, "old", 3, &err));
    struct listener *report = report_new(paths, 1, &err);
    cr_assert_not_null(report);
    tell(report, TELLING_START("live") TELLING_CHECKED);
    char *text = text_of(path);
    cr_expect_str_eq(text, "old");
    free(text);
    cr_expect(report_finish(report, &err));
    text = text_of(path);
    cr_expect_not_null(strstr(text, "The run ended abruptly"));
    cr_expect_not_null(strstr(text, "### ✅ ready"));
    free(text);
    report_free(report);
    free(path);
}

Test(report, a_report_that_cannot_be_written_at_the_end_is_told)
{
    error_local(err);
    char *dir = path_of("gone"), *path = path_of("gone/r.json");
    const char *paths[] = {path};
    mkdir(dir, 0700);
    struct listener *report = report_new(paths, 1, &err);
    cr_assert_not_null(report);
    rmdir(dir);
    tell(report, TELLING_PASS);
    cr_expect_not(report_finish(report, &err));
    cr_expect_not_null(strstr(error_text(&err), path), "%s", error_text(&err));
    report_free(report);
    free(dir);
    free(path);
}

Test(report, json_is_the_story)
{
    struct arena a = {0};
    error_local(err);
    char *text = report_of("r.json", TELLING_ROLLED_BACK);
    struct value *story = json_parse(&a, text, strlen(text), &err);
    cr_assert_not_null(story, "%s", error_text(&err));
    struct value *phases = value_get(story, "phases");
    cr_expect_eq(value_count(phases), 2);
    struct value *ready = value_at(value_get(value_at(phases, 0), "steps"), 0);
    struct value *later = value_at(value_get(value_at(phases, 0), "steps"), 1);
    struct value *weight = value_at(value_get(value_at(phases, 1), "steps"), 0);
    cr_expect_str_eq(value_get_text(value_get(story, "run"), "started"),
                     "2026-11-22T14:22:00.000Z");
    cr_expect_str_eq(value_get_text(ready, "outcome"), "ok");
    cr_expect_eq(value_count(value_get(ready, "effects")), 1);
    cr_expect_str_eq(value_get_text(later, "outcome"), "skipped");
    cr_expect_str_eq(value_get_text(weight, "outcome"), "failed");
    cr_expect_str_eq(value_get_text(value_path(weight, "error"), "where"), "golive.lua:12");
    // The gate that breached, and the other one as it was seen last.
    cr_expect_eq(value_count(value_get(weight, "gates")), 2);
    cr_expect_str_eq(value_get_text(value_at(value_get(weight, "gates"), 1), "value"), "90 ms");
    cr_expect_eq(value_count(value_get(value_at(value_get(weight, "figures"), 0), "points")), 2);
    cr_expect_str_eq(value_get_text(value_path(story, "rollback"), "outcome"), "ok");
    struct value *undo = value_at(value_path(story, "rollback.undos"), 0);
    cr_expect_str_eq(value_get_text(undo, "name"), "5 %");
    cr_expect_eq(value_count(value_get(undo, "effects")), 1);
    cr_expect_eq(value_get_int(value_get(story, "end"), "exit", 0), 5);
    free(text);
    arena_free(&a);
}

// Whether an XML parser of the system takes the file.
static bool is_well_formed(const char *path)
{
    char command[512];
    snprintf(command, sizeof command,
             "if command -v xmllint >/dev/null; then xmllint --noout '%s'; else "
             "python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' '%s'; fi",
             path, path);
    return system(command) == 0;
}

Test(report, junit_is_well_formed_whatever_was_told)
{
    char *path = path_of("r.xml");
    for (int i = 0; i < STORIES; i++) {
        free(report_of("r.xml", hostile_and_others[i]));
        cr_expect(is_well_formed(path), "story %d", i);
    }
    free(path);
}

Test(report, junit_has_a_suite_a_phase_and_a_case_a_step)
{
    char *text = report_of("r.xml", TELLING_NOT_UNDONE);
    static const char *const parts[] = {
        "<testsuites name=\"golive\" tests=\"4\" failures=\"2\" errors=\"0\" skipped=\"1\" "
        "time=\"65.700\">",
        "<testsuite name=\"check\" tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"1\" "
        "time=\"0.052\" timestamp=\"2026-11-22T14:22:00\">",
        "<testcase name=\"ready\" classname=\"golive.check\" time=\"0.050\">",
        "<skipped message=\"not today\"/>",
        "<failure message=\"gate errors is breached: 2.4 %\" type=\"check\">",
        "\nat golive.lua:12</failure>",
        "<testsuite name=\"rollback\" tests=\"1\" failures=\"1\"",
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        cr_expect_not_null(strstr(text, parts[i]), "%s is not in:\n%s", parts[i], text);
    free(text);
}

// Elements that are open at the end of the page; -1 when one is closed that was not the last
// opened.
static int html_open(const char *html)
{
    static const char *const empty[] = {"meta", "!doctype"};
    char stack[64][16];
    int depth = 0;
    for (const char *at = strchr(html, '<'); at; at = strchr(at + 1, '<')) {
        char name[16] = "";
        bool closes = at[1] == '/';
        bool alone = at[strcspn(at, ">") - 1] == '/';
        size_t len = strcspn(at + 1 + closes, " >/");
        snprintf(name, sizeof name, "%.*s", (int)len, at + 1 + closes);
        for (size_t i = 0; i < 2; i++)
            alone |= strcmp(name, empty[i]) == 0;
        if (closes && (depth == 0 || strcmp(stack[--depth], name) != 0))
            return -1;
        if (!closes && !alone && depth < 64)
            memcpy(stack[depth++], name, sizeof name);
    }
    return depth;
}

Test(report, html_is_balanced_and_takes_nothing_from_elsewhere)
{
    static const char *const never[] = {"<script",     "<link", "<img", "@import",  "url(",
                                        "javascript:", "src=",  "\x1b", "\xc2\x9b", "\xe2\x80\xae"};
    for (int i = 0; i < STORIES; i++) {
        char *text = report_of("r.html", hostile_and_others[i]);
        cr_expect_eq(html_open(text), 0, "story %d", i);
        for (size_t k = 0; k < sizeof never / sizeof *never; k++) {
            const char *found = strstr(text, never[k]);
            bool as_text = found && strcmp(never[k], "javascript:") == 0 &&
                           strstr(text, "href=\"javascript") == NULL;
            cr_expect(found == NULL || as_text, "%s in story %d: %.80s", never[k], i, found);
        }
        free(text);
    }
}

Test(report, html_shows_what_matters)
{
    static const char *const parts[] = {
        "Failed and rolled back</span>",
        "<h1>failed, and rolled back</h1>",
        "<b>Because</b><p>gate errors is breached: 2.4 %</p>",
        "Everything was undone.",
        "weight: <del>5</del> → <ins>0</ins>",
        "<td class=\"value bad\">2.4 %</td><td>below 0.5 %</td><td><svg",
        "<polyline points=\"",
        "<summary>1 passed check</summary>",
        "<code class=\"soft\">golive.lua:12</code>",
    };
    char *text = report_of("r.html", TELLING_ROLLED_BACK);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        cr_expect_not_null(strstr(text, parts[i]), "%s is not in the page", parts[i]);
    free(text);
    text = report_of("r.html", TELLING_PLAN);
    cr_expect_not_null(strstr(text, "Plan: nothing was changed</span>"));
    free(text);
    text = report_of("r.html", TELLING_PASS);
    cr_expect_not_null(strstr(text, "<a rel=\"noreferrer\" href=\"https://example.com/d\">"));
    free(text);
}

Test(report, markdown_tables_keep_their_columns)
{
    char *text = report_of("r.md", TELLING_HOSTILE);
    int columns = 0;
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
        int pipes = 0;
        if (*line != '|') {
            columns = 0;
            continue;
        }
        for (size_t i = 0; line[i] != '\n'; i++)
            pipes += line[i] == '|' && (i == 0 || line[i - 1] != '\\');
        cr_expect(columns == 0 || pipes == columns, "%.*s", (int)strcspn(line, "\n"), line);
        columns = pipes;
    }
    cr_expect_null(strstr(text, "<script"));
    cr_expect_null(strchr(text, 0x1b));
    cr_expect_not_null(strstr(text, "&lt;script>"));
    free(text);
}

Test(report, markdown_for_a_change_ticket)
{
    char *text = report_of("r.md", TELLING_NOT_UNDONE);
    static const char *const parts[] = {
        "# ❌ golive\n\n**failed, and NOT everything was rolled back**\n",
        "| Exit code | 6 |\n",
        "## These changes stand\n\n- **5 %**: its undo failed\n",
        "## ❌ Rollback\n\nBecause: gate errors is breached: 2.4 %\n",
        "- PATCH ingress/canary: done\n  - weight: 0 → 5\n",
        "| errors | 2.4 % | below 0.5 % | ❌ breach |\n",
        "### ⏭️ later (not today)\n",
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        cr_expect_not_null(strstr(text, parts[i]), "%s is not in:\n%s", parts[i], text);
    free(text);
}
