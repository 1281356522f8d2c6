#include "cli/permissions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "engine/permit.h"
#include "engine/run.h"

struct filler {
    const struct outline *outline;
    const struct value *params;
    const char *unknown; // a name that is no parameter's
};

static const char *fill(void *arg, const char *name)
{
    struct filler *f = arg;
    const struct value *v = value_get(f->params, name);
    if (value_get(f->outline->params, name) == NULL)
        f->unknown = name;
    return v ? value_text(v) : NULL;
}

bool permissions_set(struct run *run, const struct value *params, struct error *err)
{
    struct filler f = {.outline = &run->outline, .params = params};
    struct permit *permit = permit_new(run->outline.allow, run->options->allow, run->options->deny,
                                       params ? fill : NULL, &f, err);
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
            value_set(a, line, "what",
                      value_printf(a, "%.*s/*", (int)(common - (common > origin)), what));
    }
}

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// The text with `value`, wherever it stands for itself, replaced.
static const char *replace(struct arena *a, const char *text, const char *value, const char *by)
{
    size_t len = strlen(value);
    for (const char *at = strstr(text, value); at; at = strstr(at + 1, value)) {
        bool begins = at == text || !is_word(at[-1]) || !is_word(*value);
        bool ends = !is_word(at[len]) || !is_word(value[len - 1]);
        bool inside = at > text && (at[-1] == '{' || at[len] == '}');
        if (begins && ends && !inside)
            return arena_printf(a, "%.*s%s%s", (int)(at - text), text, by,
                                replace(a, at + len, value, by));
    }
    return text;
}

struct substitute {
    const char *value, *by;
};

static int longest_first(const void *a, const void *b)
{
    size_t x = strlen(((const struct substitute *)a)->value),
           y = strlen(((const struct substitute *)b)->value);
    return (x < y) - (x > y);
}

// Texts of parameters, longest first, ended by one without a value.
static struct substitute *substitutes(const struct run *run, struct arena *a,
                                      const struct value *params)
{
    const struct value *declared = run->outline.params;
    struct substitute *all = arena_alloc(a, (value_count(params) + 2) * sizeof *all);
    size_t count = 0;
    for (size_t i = 0; i < value_count(params); i++) {
        const struct value_member *m = &params->object.members[i];
        const char *text = value_text(m->value);
        bool plain = strcmp(value_get_text(value_get(declared, m->key), "type"), "string") == 0;
        if (plain && strlen(text) > 2 && strcspn(text, " \t\n") == strlen(text))
            all[count++] = (struct substitute){text, arena_printf(a, "${%s}", m->key)};
    }
    qsort(all, count, sizeof *all, longest_first);
    all[count++] = (struct substitute){run->id, "*"};
    all[count] = (struct substitute){0};
    return all;
}

static struct value *generalize(struct arena *a, const struct value *parts,
                                const struct substitute *by)
{
    struct value *line = value_copy(a, parts);
    for (; by->value; by++) {
        value_set(a, line, "what",
                  value_string(a, replace(a, value_get_text(line, "what"), by->value, by->by)));
        if (value_get(line, "place"))
            value_set(
                a, line, "place",
                value_string(a, replace(a, value_get_text(line, "place"), by->value, by->by)));
    }
    return line;
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

void permissions_print(const struct run *run, const struct value *params)
{
    static const char *const order[] = {"env", "read",    "write", "connect", "dns",
                                        "tls", "metrics", "http",  "k8s",     "exec"};
    struct arena a = {0};
    struct value *lines = value_array(&a);
    const struct substitute *by = substitutes(run, &a, params);
    each_source(&run->outline, &(struct collector){&a, lines}, add_source);
    for (size_t i = 0; i < value_count(run->touched); i++)
        merge(&a, lines, value_copy(&a, value_at(run->touched, i)));
    join_paths(&a, lines);
    struct value *general = value_array(&a);
    for (size_t i = 0; i < value_count(lines); i++)
        merge(&a, general, generalize(&a, value_at(lines, i), by));
    lines = join_verbs(&a, general);
    printf("    allow = {\n");
    for (size_t k = 0; k < sizeof order / sizeof *order; k++)
        for (size_t i = 0; i < value_count(lines); i++)
            if (strcmp(value_get_text(value_at(lines, i), "kind"), order[k]) == 0) {
                struct buf text = {0};
                json_write(&text, value_string(&a, rule_line(&a, value_at(lines, i))),
                           JSON_COMPACT);
                printf("        %s,\n", buf_text(&text));
                buf_free(&text);
            }
    printf("    },\n");
    arena_free(&a);
}
