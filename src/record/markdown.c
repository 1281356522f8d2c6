#include "record/markdown.h"

#include <string.h>

#include "record/mdtext.h"
#include "record/outlook.h"
#include "record/words.h"

static bool text_is(const struct value *item, const char *key, const char *text)
{
    return strcmp(value_get_text(item, key), text) == 0;
}

static const char *mark_of(const struct value *item)
{
    static const struct {
        const char *outcome, *mark;
    } marks[] = {{"ok", "✅"},           {"done", "✅"},         {"planned", "📋"}, {"failed", "❌"},
                 {"stopped", "⚠️"}, {"skipped", "⏭️"}, {"not run", "–"}};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (text_is(item, "outcome", marks[i].outcome))
            return marks[i].mark;
    return "";
}

static void add_fact(struct buf *out, const char *name, const struct value *item, const char *key)
{
    const struct value *v = value_get(item, key);
    if (v == NULL || v->type == VALUE_NULL || (v->type == VALUE_STRING && v->string.len == 0))
        return;
    buf_printf(out, "| %s | ", name);
    mdtext_value(out, v);
    buf_puts(out, " |\n");
}

static void add_head(struct buf *out, const struct value *story)
{
    const struct value *run = value_get(story, "run"), *end = value_get(story, "end");
    char seconds[WORDS_SIZE];
    buf_printf(out, "# %s ", mark_of(end));
    mdtext_member(out, run, "name");
    buf_puts(out, "\n\n**");
    mdtext_member(out, end, "headline");
    buf_puts(out, "**\n\n| | |\n| --- | --- |\n");
    add_fact(out, "What", run, "summary");
    add_fact(out, "Run", run, "run");
    add_fact(out, "Mode", run, "mode");
    add_fact(out, "File", run, "file");
    add_fact(out, "By", run, "user");
    add_fact(out, "On", run, "host");
    add_fact(out, "Started", run, "started");
    add_fact(out, "Ended", run, "ended");
    buf_printf(out, "| Took | %s |\n", words_seconds(value_get(end, "seconds"), seconds));
    if (text_is(run, "mode", "plan"))
        buf_printf(out, "| A run is expected to take | %s |\n",
                   words_seconds(value_get(end, "planned_seconds"), seconds));
    buf_puts(out, "| Did | ");
    words_counts(out, value_get(end, "counts"));
    buf_puts(out, " |\n");
    add_fact(out, "Exit code", end, "exit");
    add_fact(out, "Next", end, "next");
    if (value_count(value_get(end, "not_undone")))
        buf_printf(out, "\n## %s\n\n", words_stand(value_get(end, "not_undone")));
    for (size_t i = 0; i < value_count(value_get(end, "not_undone")); i++) {
        buf_puts(out, "- **");
        mdtext_member(out, value_at(value_get(end, "not_undone"), i), "step");
        buf_puts(out, "**: ");
        mdtext_member(out, value_at(value_get(end, "not_undone"), i), "text");
        buf_putc(out, '\n');
    }
}

static void add_details(struct buf *out, const struct value *details)
{
    for (size_t i = 0; i < value_count(details); i++) {
        buf_puts(out, "  - ");
        mdtext_member(out, value_at(details, i), "name");
        buf_putc(out, ' ');
        mdtext_member(out, value_at(details, i), "text");
        buf_putc(out, '\n');
    }
}

// Of a plan: what it read, what it would wait for and ask, and how sure that is.
static void add_planned(struct buf *out, const struct value *step)
{
    const struct value *effects = value_get(step, "effects");
    for (size_t i = 0; i < value_count(effects); i++) {
        const struct value *e = value_at(effects, i);
        if (text_is(e, "access", "write") || !*value_get_text(e, "sure"))
            continue;
        buf_puts(out, text_is(e, "access", "read") ? "- read: " : "- ");
        mdtext_member(out, e, "summary");
        buf_puts(out, " *(");
        words_sure(out, e);
        buf_puts(out, ")*\n");
    }
}

static void add_changes(struct buf *out, const struct value *step)
{
    const struct value *effects = value_get(step, "effects");
    for (size_t i = 0; i < value_count(effects); i++) {
        const struct value *e = value_at(effects, i), *diff = value_get(e, "diff");
        if (!text_is(e, "access", "write"))
            continue;
        buf_puts(out, "- ");
        mdtext_member(out, e, "summary");
        buf_puts(out, ": ");
        if (*value_get_text(e, "sure"))
            words_sure(out, e);
        else
            mdtext_member(out, e, "outcome");
        buf_puts(out, *value_get_text(e, "error") ? ", " : "");
        mdtext_member(out, e, "error");
        buf_putc(out, '\n');
        add_details(out, value_get(e, "details"));
        for (size_t j = 0; j < value_count(diff); j++) {
            buf_puts(out, "  - ");
            const struct value *old = value_get(value_at(diff, j), "old");
            const struct value *new = value_get(value_at(diff, j), "new");
            mdtext_member(out, value_at(diff, j), "path");
            buf_puts(out, ": ");
            mdtext_value(out, old);
            buf_puts(out, old && old->type != VALUE_NULL ? " → " : "");
            mdtext_value(out, new);
            buf_puts(out, new &&new->type != VALUE_NULL ? "\n" : "(none)\n");
        }
    }
}

static void add_remarks(struct buf *out, const struct value *step)
{
    const struct value *checks = value_get(step, "checks"), *logs = value_get(step, "logs");
    const struct value *answers = value_get(step, "answers");
    size_t held = 0;
    for (size_t i = 0; i < value_count(checks); i++) {
        bool later = value_get_bool(value_at(checks, i), "later", false);
        bool ok = value_get_bool(value_at(checks, i), "ok", false) && !later;
        held += ok;
        if (ok)
            continue;
        buf_puts(out, later ? "- to be checked: " : "- ❌ ");
        mdtext_member(out, value_at(checks, i), "text");
        buf_putc(out, '\n');
    }
    if (held)
        buf_printf(out, "- %zu check%s\n", held, held == 1 ? " holds" : "s hold");
    for (size_t i = 0; i < value_count(logs); i++) {
        buf_puts(out, text_is(value_at(logs, i), "level", "warn") ? "- ⚠️ " : "- ");
        mdtext_member(out, value_at(logs, i), "text");
        buf_puts(out, *value_get_text(value_at(logs, i), "url") ? " " : "");
        mdtext_member(out, value_at(logs, i), "url");
        buf_putc(out, '\n');
    }
    for (size_t i = 0; i < value_count(answers); i++) {
        buf_puts(out, "- asked: ");
        mdtext_member(out, value_at(answers, i), "question");
        buf_puts(out, " **");
        mdtext_member(out, value_at(answers, i), "answer");
        buf_puts(out, "** (");
        mdtext_member(out, value_at(answers, i), "by");
        buf_puts(out, ")\n");
    }
}

static void add_row(struct buf *out, const struct value *cells, size_t columns)
{
    buf_putc(out, '|');
    for (size_t i = 0; i < columns; i++) {
        buf_putc(out, ' ');
        mdtext_value(out, value_at(cells, i));
        buf_puts(out, " |");
    }
    buf_putc(out, '\n');
}

static void add_rule(struct buf *out, size_t columns)
{
    buf_putc(out, '|');
    for (size_t i = 0; i < columns; i++)
        buf_puts(out, " --- |");
    buf_putc(out, '\n');
}

static void add_tables(struct buf *out, const struct value *step)
{
    const struct value *gates = value_get(step, "gates"), *tables = value_get(step, "tables");
    if (value_count(gates))
        buf_puts(out, "\n| Gate | Value | Limit | |\n| --- | --- | --- | --- |\n");
    for (size_t i = 0; i < value_count(gates); i++) {
        const struct value *g = value_at(gates, i);
        buf_puts(out, "| ");
        mdtext_member(out, g, "name");
        if (*value_get_text(g, "sure")) {
            buf_puts(out, ": ");
            mdtext_member(out, g, "query");
        }
        buf_puts(out, " | ");
        mdtext_member(out, g, "value");
        buf_puts(out, " | ");
        mdtext_member(out, g, "limit");
        buf_printf(out, " | %s ",
                   value_get_bool(g, "ok", false)      ? "✅"
                   : value_get_bool(g, "later", false) ? "–"
                                                       : "❌");
        words_sure(out, g);
        if (!*value_get_text(g, "sure") || !*value_get_text(g, "value")) {
            buf_puts(out, *value_get_text(g, "sure") ? ": " : "");
            mdtext_member(out, g, "verdict");
        }
        buf_puts(out, " |\n");
    }
    for (size_t i = 0; i < value_count(tables); i++) {
        const struct value *rows = value_get(value_at(tables, i), "rows");
        size_t columns = value_count(value_get(value_at(tables, i), "columns"));
        buf_putc(out, '\n');
        mdtext_member(out, value_at(tables, i), "title");
        buf_puts(out, "\n\n");
        add_row(out, value_get(value_at(tables, i), "columns"), columns);
        add_rule(out, columns);
        for (size_t j = 0; j < value_count(rows); j++)
            add_row(out, value_at(rows, j), columns);
    }
}

static void add_step(struct buf *out, const struct value *step)
{
    const struct value *error = value_get(step, "error");
    char seconds[WORDS_SIZE];
    bool skipped = text_is(step, "outcome", "skipped");
    bool after_blank = out->len > 1 && strcmp(out->data + out->len - 2, "\n\n") == 0;
    buf_printf(out, "%s### %s ", after_blank ? "" : "\n", mark_of(step));
    mdtext_member(out, step, "name");
    words_seconds(value_get(step, "seconds"), seconds);
    if (skipped || text_is(step, "outcome", "not run")) {
        buf_puts(out, " (");
        mdtext_member(out, step, skipped ? "reason" : "outcome");
        buf_putc(out, ')');
    } else if (*seconds) {
        buf_printf(out, " (%s)", seconds);
    }
    buf_puts(out, "\n\n");
    if (*value_get_text(error, "text")) {
        buf_puts(out, "**");
        mdtext_member(out, error, "text");
        buf_puts(out, "** ");
        mdtext_member(out, error, "where");
        buf_puts(out, "\n\n");
        if (*value_get_text(error, "detail"))
            mdtext_block(out, value_get(error, "detail"));
    }
    add_planned(out, step);
    add_changes(out, step);
    add_remarks(out, step);
    add_tables(out, step);
}

static void add_params(struct buf *out, const struct value *params)
{
    if (value_count(params) == 0 || params->type != VALUE_OBJECT)
        return;
    buf_puts(out, "\n## Parameters\n\n| Name | Value |\n| --- | --- |\n");
    for (size_t i = 0; i < params->object.count; i++) {
        buf_puts(out, "| ");
        mdtext_add(out, params->object.members[i].key, params->object.members[i].key_len);
        buf_puts(out, " | ");
        mdtext_value(out, params->object.members[i].value);
        buf_puts(out, " |\n");
    }
}

void markdown_render(const struct value *story, struct buf *out)
{
    const struct value *phases = value_get(story, "phases");
    const struct value *rollback = value_get(story, "rollback"),
                       *undos = value_get(rollback, "undos");
    add_head(out, story);
    if (value_get(story, "outlook"))
        outlook_markdown(out, value_get(story, "outlook"));
    if (rollback && rollback->type == VALUE_OBJECT && !value_get_bool(rollback, "idle", false)) {
        buf_printf(out, "\n## %s Rollback\n\nBecause: ", mark_of(rollback));
        mdtext_member(out, rollback, "cause");
        buf_putc(out, '\n');
    }
    for (size_t i = 0; i < value_count(undos); i++)
        add_step(out, value_at(undos, i));
    for (size_t i = 0; i < value_count(phases); i++) {
        const struct value *phase = value_at(phases, i), *steps = value_get(phase, "steps");
        bool after_blank = out->len > 1 && strcmp(out->data + out->len - 2, "\n\n") == 0;
        buf_printf(out, "%s## %s Phase ", after_blank ? "" : "\n", mark_of(phase));
        mdtext_member(out, phase, "name");
        buf_puts(out, "\n\n");
        for (size_t j = 0; j < value_count(steps); j++)
            add_step(out, value_at(steps, j));
    }
    add_params(out, value_get(value_get(story, "run"), "params"));
}
