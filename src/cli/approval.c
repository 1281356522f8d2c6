#include "cli/approval.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/embedded.h"
#include "base/json.h"
#include "base/person.h"
#include "cli/kept.h"
#include "cli/options.h"
#include "cli/session.h"
#include "engine/approved.h"
#include "engine/planned.h"
#include "engine/quote.h"
#include "engine/source.h"
#include "net/digest.h"
#include "record/cover.h"
#include "record/planfile.h"
#include "record/report.h"
#include "record/words.h"

enum { SHOWN_BYTES = 2000 };

static bool is_secret(const struct run *run, const char *name, size_t len)
{
    for (size_t i = 0; i < value_count(run->outline.params); i++) {
        const struct value_member *m = &run->outline.params->object.members[i];
        if (m->key_len == len && memcmp(m->key, name, len) == 0)
            return strcmp(value_get_text(m->value, "type"), "secret") == 0;
    }
    return true; // what nobody declared is better not kept
}

// What --set gave, save secrets and what holds one: those have to be given again, for a mask in its
// place would be taken for the value.
static struct value *given(const struct session *s, const struct options *o, struct arena *a)
{
    struct value *list = value_array(a);
    for (const char **set = o->set; set && *set; set++) {
        const struct value *v = value_string(a, *set);
        if (!is_secret(s->run, *set, strcspn(*set, "=")) &&
            value_equal(v, cover_value(a, s->secrets, v)))
            value_push(a, list, value_string(a, *set));
    }
    return list;
}

// Which program this is: its version, and the digest of the Lua that every runbook runs on. The
// libraries that one requires are among its sources.
static const char *program(struct arena *a)
{
    struct buf prelude = {0};
    unsigned char digest[DIGEST_SIZE];
    char hex[2 * DIGEST_SIZE];
    for (size_t i = 0; i < embedded_count; i++)
        if (strncmp(embedded_files[i].module, "prelude.", 8) == 0)
            buf_add(&prelude, embedded_files[i].text, embedded_files[i].len + 1);
    digest_sha256(prelude.data, prelude.len, digest);
    digest_hex(digest, sizeof digest, hex);
    buf_free(&prelude);
    return arena_printf(a, "runbook %s, %.16s", RUNBOOK_VERSION, hex);
}

// Names of steps stay as they are, for the run is compared by them; they stand in the source
// anyway.
static void keep_scopes(struct arena *a, struct value *plan, const char *list,
                        const struct value *effects)
{
    for (size_t i = 0; i < value_count(effects); i++)
        value_set(a, value_at(value_get(plan, list), i), "scope",
                  value_get(value_at(effects, i), "scope"));
}

static struct value *document(const struct session *s, const struct options *o, struct arena *a)
{
    const struct run *run = s->run;
    struct value *plan = value_object(a), *options = kept_options(o, a);
    struct person person = person_here();
    value_set(a, options, "set", given(s, o, a));
    value_set(a, plan, "format", value_int(a, PLANFILE_FORMAT));
    value_set(a, plan, "id", value_string(a, run->id));
    value_set(a, plan, "seed", value_int(a, (int64_t)run->seed));
    value_set(a, plan, "made", value_int(a, run->started));
    value_set(a, plan, "user", value_string(a, person.user));
    value_set(a, plan, "host", value_string(a, person.host));
    value_set(a, plan, "name", value_string(a, run->outline.name));
    value_set(a, plan, "file", value_string(a, run->options->file));
    value_set(a, plan, "program", value_string(a, program(a)));
    value_set(a, plan, "options", options);
    value_set(a, plan, "params", s->kept);
    value_set(a, plan, "writes", run->planned->writes);
    value_set(a, plan, "foreseen", run->planned->foreseen);
    value_set(a, plan, "readings", run->planned->readings);
    plan = cover_value(a, s->secrets, plan);
    keep_scopes(a, plan, "writes", run->planned->writes);
    keep_scopes(a, plan, "foreseen", run->planned->foreseen);
    value_set(a, plan, "file", value_string(a, run->options->file));
    // What steps have learned is masked where it was learned; a source has to be known again.
    value_set(a, plan, "sources", cover_value(a, s->given, run->loaded));
    return plan;
}

bool approval_save(const struct session *s, const struct options *o, const struct value *end,
                   struct error *err)
{
    struct arena a = {0};
    char now[WORDS_SIZE];
    struct value *report = value_copy(&a, report_story(s->report));
    value_set(&a, report, "end", cover_value(&a, s->secrets, end));
    value_set(&a, value_get(report, "run"), "ended",
              value_string(&a, words_instant(clock_wall(), now)));
    bool ok = planfile_write(o->run.out, report, document(s, o, &a), o->sign, err);
    arena_free(&a);
    return ok;
}

static const char *shown(const struct session *s, struct arena *a, const char *text)
{
    return quote(s->run, a, text, strlen(text), CLIP_TEXT, SHOWN_BYTES);
}

static void changed(const struct session *s, const char *what, const char *where,
                    const char *planned, const char *now)
{
    struct arena a = {0};
    fprintf(stderr, "  %s %s\n    planned:  %s\n    now:      %s\n", what, shown(s, &a, where),
            shown(s, &a, planned), shown(s, &a, now));
    arena_free(&a);
}

static const char *text_of(struct arena *a, const struct value *v)
{
    struct buf text = {0};
    if (v == NULL || v->type == VALUE_NULL)
        return "nothing";
    json_write(&text, v, JSON_CANONICAL);
    const char *copy = arena_copy(a, buf_text(&text), text.len);
    buf_free(&text);
    return copy;
}

// The first line, from 1, in which two texts differ.
static int line_of_difference(const char *a, const char *b)
{
    int line = 1;
    for (; *a == *b && *a; a++, b++)
        line += *a == '\n';
    return line;
}

static void source_changed(const struct session *s, struct arena *a, const struct value *planned,
                           const struct value *now)
{
    const char *chunk = value_get_text(planned, "chunk");
    const char *before = value_get_text(planned, "text"), *after = value_get_text(now, "text");
    int line = line_of_difference(before, after);
    changed(s, "source", arena_printf(a, "%s:%d", chunk + strspn(chunk, "@="), line),
            source_cut(a, before, line), source_cut(a, after, line));
}

static int compare_sources(const struct session *s, const struct value *planned,
                           const struct value *now, struct arena *a)
{
    int count = 0;
    for (size_t i = 0; i < value_count(now); i++) {
        const struct value_member *m = &now->object.members[i];
        const struct value *before = value_get(planned, m->key);
        if (before && value_equal(value_get(before, "text"), value_get(m->value, "text")))
            continue;
        count++;
        if (before)
            source_changed(s, a, before, m->value);
        else
            changed(s, "source", value_get_text(m->value, "chunk"), "not required", "required");
    }
    return count;
}

static int compare_params(const struct session *s, const struct value *planned,
                          const struct value *now, struct arena *a)
{
    int count = 0;
    struct value *all = value_copy(a, planned);
    for (size_t i = 0; i < value_count(now); i++)
        value_set(a, all, now->object.members[i].key, now->object.members[i].value);
    for (size_t i = 0; i < value_count(all); i++) {
        const char *name = all->object.members[i].key;
        const struct value *before = value_get(planned, name), *after = value_get(now, name);
        if (value_equal(before, after))
            continue;
        changed(s, "parameter", name, text_of(a, before), text_of(a, after));
        count++;
    }
    return count;
}

static int compare_program(const struct session *s, const char *planned, const char *now)
{
    if (strcmp(planned, now) == 0)
        return 0;
    changed(s, "program", "runbook", *planned ? planned : "one that did not say what it is", now);
    return 1;
}

int approval_changes(const struct session *s, const struct value *plan)
{
    struct arena a = {0};
    int count =
        compare_program(s, value_get_text(plan, "program"), program(&a)) +
        compare_sources(s, value_get(plan, "sources"), cover_value(&a, s->given, s->run->loaded),
                        &a) +
        compare_params(s, value_get(plan, "params"), cover_value(&a, s->secrets, s->kept), &a);
    arena_free(&a);
    return count;
}

int approval_changes_in_walk(const struct session *s, bool failed)
{
    struct arena a = {0};
    if (failed && !s->run->halted)
        approved_missed(s->approved);
    const struct value *rows = approved_changed(s->approved);
    for (size_t i = 0; i < value_count(rows); i++) {
        const struct value *row = value_at(rows, i), *reading = value_get(row, "reading");
        changed(s, "reading",
                arena_printf(&a, "%s: %s", value_get_text(reading, "target"),
                             value_get_text(reading, "path")),
                text_of(&a, value_get(reading, "value")),
                value_get(row, "now") ? text_of(&a, value_get(row, "now"))
                                      : "could not be read, for the step failed before");
    }
    int count = (int)value_count(rows);
    if (s->run->halted == HALT_UNAPPROVED && count == 0) {
        const char *detail = value_get_text(s->run->halted_by, "detail");
        const char *where = value_get_text(s->run->halted_by, "where");
        fprintf(stderr, "  a write at %s\n", shown(s, &a, where));
        for (const char *line = shown(s, &a, detail), *end; *line; line = *end ? end + 1 : end) {
            end = line + strcspn(line, "\n");
            fprintf(stderr, "    %.*s\n", (int)(end - line), line);
        }
        count++;
    }
    arena_free(&a);
    return count;
}
