#include "cli/permissions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cli/naming.h"
#include "engine/permit.h"
#include "engine/run.h"

struct filler {
    const struct outline *outline;
    const struct value *texts;
    const char *unknown; // a name that is no parameter's
};

static const char *fill(void *arg, const char *name)
{
    struct filler *f = arg;
    const struct value *v = value_get(f->texts, name);
    if (value_get(f->outline->params, name) == NULL)
        f->unknown = name;
    return v ? value_text(v) : NULL;
}

bool permissions_set(struct run *run, const struct value *texts, struct error *err)
{
    struct filler f = {.outline = &run->outline, .texts = texts};
    struct permit *permit = permit_new(run->outline.allow, run->options->allow, run->options->deny,
                                       texts ? fill : NULL, &f, err);
    if (permit && f.unknown) {
        error_set(err, "allow: '${%s}' names no parameter", f.unknown);
        permit_free(permit);
        return false;
    }
    if (permit) {
        permit_free(run->permit);
        run->permit = permit;
    }
    return permit != NULL;
}

// Calls `visit` with each thing that the parameters are taken from, until it returns false.
static bool each_source(const struct outline *outline, void *arg,
                        bool (*visit)(void *arg, const char *param, const struct need *))
{
    const struct value *params = outline->params;
    for (size_t i = 0; i < value_count(params); i++) {
        const struct value_member *m = &params->object.members[i];
        const struct value *env = value_get(m->value, "env"), *file = value_get(m->value, "file"),
                           *command = value_get(m->value, "command");
        const struct need needs[] = {
            {.kind = "env", .what = env ? value_text(env) : NULL},
            {.kind = "read", .what = file ? value_text(file) : NULL},
            {.kind = "exec", .what = command ? "" : NULL, .words = command},
        };
        for (size_t n = 0; n < sizeof needs / sizeof *needs; n++)
            if (needs[n].what && !visit(arg, m->key, &needs[n]))
                return false;
    }
    return true;
}

struct checker {
    struct run *run;
    struct error *err;
};

static bool check_source(void *arg, const char *param, const struct need *need)
{
    const struct checker *c = arg;
    const char *why = permit_need(c->run, &c->run->arena, need);
    const char *from = need->words ? value_text(value_at(need->words, 0)) : need->what;
    return !why || error_set(c->err, "the parameter '%s' comes from %s, which is not permitted; %s",
                             param, from, why);
}

bool permissions_check_sources(struct run *run, struct error *err)
{
    return each_source(&run->outline, &(struct checker){run, err}, check_source);
}

// Those of one kind, verb, what and place are one.
static void merge(struct arena *a, struct value *lines, struct value *parts)
{
    for (size_t i = 0; i < value_count(lines); i++)
        if (value_equal(value_at(lines, i), parts))
            return;
    value_push(a, lines, parts);
}

static bool same(const struct value *a, const struct value *b, const char *key)
{
    return strcmp(value_get_text(a, key), value_get_text(b, key)) == 0;
}

// Lines that differ in their verb alone become one with all of these.
static struct value *join_verbs(struct arena *a, const struct value *lines)
{
    struct value *joined = value_array(a);
    for (size_t i = 0; i < value_count(lines); i++) {
        struct value *line = value_at(lines, i), *into = NULL;
        for (size_t j = 0; j < value_count(joined) && !into; j++) {
            struct value *other = value_at(joined, j);
            if (same(line, other, "kind") && same(line, other, "what") &&
                same(line, other, "place"))
                into = other;
        }
        if (into)
            value_set(a, into, "verb",
                      value_printf(a, "%s, %s", value_get_text(into, "verb"),
                                   value_get_text(line, "verb")));
        else
            value_push(a, joined, value_copy(a, line));
    }
    return joined;
}

static size_t origin_length(const char *url)
{
    const char *host = strstr(url, "://");
    return host ? (size_t)(host + 3 + strcspn(host + 3, "/") - url) : 0;
}

static void shorten(struct arena *a, struct value *line, size_t len)
{
    const char *what = value_get_text(line, "what"), *rest = arena_copy(a, what, len);
    value_set(a, line, "what", value_printf(a, "%s/*", rest));
    if (strchr(rest, '$') == NULL)
        value_remove(line, "doubt");
}

// Paths of one host and method become what they have in common, with a `*` for the rest.
static void join_paths(struct arena *a, struct value *lines)
{
    for (size_t i = 0; i < value_count(lines); i++) {
        struct value *line = value_at(lines, i);
        const char *what = value_get_text(line, "what");
        size_t origin = origin_length(what), common = strlen(what);
        bool alone = true;
        for (size_t j = 0; j < value_count(lines) && origin; j++) {
            const char *other = value_get_text(value_at(lines, j), "what");
            if (!same(line, value_at(lines, j), "verb") || origin_length(other) != origin ||
                strncmp(what, other, origin) != 0 || strcmp(what, other) == 0)
                continue;
            size_t n = 0;
            while (n < common && what[n] == other[n])
                n++;
            common = n;
            alone = false;
        }
        while (common > origin && what[common - 1] != '/')
            common--;
        if (!alone)
            shorten(a, line, common - (common > origin));
    }
}

static struct naming naming_of(const struct run *run, const struct value *texts,
                               const struct redact *secrets)
{
    return (struct naming){.declared = run->outline.params,
                           .texts = texts,
                           .used = run->used,
                           .secrets = secrets,
                           .run = run->id};
}

// The line with parameters in place of their values, and no secrets; `plain`: the others as well.
static struct value *generalize(struct arena *a, const struct value *parts, const struct naming *n,
                                bool plain)
{
    struct value *line = value_copy(a, parts), *words = value_get(line, "words");
    enum rule_shape shape = rule_shape(value_get_text(line, "kind"));
    const char *doubt = value_get(line, "doubt") ? value_get_text(line, "doubt") : NULL;
    const char *what = value_get_text(line, "what"), *place = value_get_text(line, "place");
    if (plain) {
        what = naming_plain(n, a, what, &doubt);
        place = naming_plain(n, a, place, &doubt);
    } else {
        const char *joined = "";
        for (size_t i = 0; i < value_count(words); i++) {
            const char *word =
                naming_secrets(n, a, value_text(value_at(words, i)), SHAPE_WORDS, &doubt);
            joined = arena_printf(a, "%s%s%s", joined, i ? " " : "", rule_quote(a, word));
        }
        what = words ? joined : naming_secrets(n, a, what, shape, &doubt);
        place = naming_secrets(n, a, place, SHAPE_NAME, &doubt);
    }
    value_remove(line, "words");
    value_set(a, line, "what", value_string(a, what));
    if (*place)
        value_set(a, line, "place", value_string(a, place));
    if (doubt)
        value_set(a, line, "doubt", value_string(a, doubt));
    return line;
}

static struct value *generalize_all(struct arena *a, const struct value *lines,
                                    const struct naming *n, bool plain)
{
    struct value *all = value_array(a);
    for (size_t i = 0; i < value_count(lines); i++) {
        struct value *line = generalize(a, value_at(lines, i), n, plain);
        bool there = false;
        for (size_t j = 0; j < value_count(all) && !there; j++)
            there = strcmp(rule_line(a, value_at(all, j)), rule_line(a, line)) == 0;
        if (!there)
            value_push(a, all, line);
    }
    return all;
}

const char *permissions_line(const struct run *run, const struct value *texts,
                             const struct redact *secrets, struct arena *a,
                             const struct value *parts)
{
    const struct naming naming = naming_of(run, texts, secrets);
    return rule_line(a, generalize(a, parts, &naming, false));
}

struct collector {
    struct arena *arena;
    struct value *lines;
};

static bool add_source(void *arg, const char *param, const struct need *need)
{
    const struct collector *c = arg;
    struct subject s;
    (void)param;
    if (subject_read(c->arena, need, &s, NULL))
        merge(c->arena, c->lines, rule_parts(c->arena, &s));
    return true;
}

static void print_line(struct arena *a, const struct value *line)
{
    struct buf text = {0};
    const char *doubt = value_get_text(line, "doubt");
    json_write(&text, value_string(a, rule_line(a, line)), JSON_COMPACT);
    printf("        %s,%s%s%s\n", buf_text(&text), *doubt ? " -- " : "", doubt,
           *doubt ? ": they are equal in this plan" : "");
    buf_free(&text);
}

void permissions_print(const struct run *run, const struct value *texts,
                       const struct redact *secrets)
{
    static const char *const order[] = {"env", "read",    "write", "connect", "dns",
                                        "tls", "metrics", "http",  "k8s",     "exec"};
    struct arena a = {0};
    struct value *lines = value_array(&a);
    const struct naming naming = naming_of(run, texts, secrets);
    each_source(&run->outline, &(struct collector){&a, lines}, add_source);
    for (size_t i = 0; i < value_count(run->touched); i++)
        merge(&a, lines, value_copy(&a, value_at(run->touched, i)));
    lines = generalize_all(&a, lines, &naming, false);
    join_paths(&a, lines); // which would cut a secret that has a slash
    lines = join_verbs(&a, generalize_all(&a, lines, &naming, true));
    printf("    allow = {\n");
    for (size_t k = 0; k < sizeof order / sizeof *order; k++)
        for (size_t i = 0; i < value_count(lines); i++)
            if (strcmp(value_get_text(value_at(lines, i), "kind"), order[k]) == 0)
                print_line(&a, value_at(lines, i));
    printf("    },\n");
    arena_free(&a);
}
