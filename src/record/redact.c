#include "record/redact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/number.h"
#include "record/ledger.h"
#include "record/parts.h"

struct redact {
    struct ledger ledger;
    struct parts *parts; // of the ledger, as far as they were asked for
};

struct redact *redact_new(void)
{
    struct redact *r = mem_alloc(sizeof *r);
    r->parts = parts_new();
    return r;
}

void redact_free(struct redact *r)
{
    if (r == NULL)
        return;
    parts_free(r->parts);
    ledger_free(&r->ledger);
    free(r);
}

bool redact_empty(const struct redact *r)
{
    return r == NULL || r->ledger.count == 0;
}

const struct secret *redact_find(const struct redact *r, const char *bytes, size_t len)
{
    return r ? ledger_find(&r->ledger, bytes, len) : NULL;
}

static void add_one(struct redact *r, const char *name, const char *bytes, size_t len)
{
    ledger_add(&r->ledger, name, bytes, len, REDACT_SHORTEST);
}

// The first and the last line of a PEM block (RFC 7468) are no secret.
static bool is_frame(const char *line, size_t len)
{
    return (len >= 11 && memcmp(line, "-----BEGIN ", 11) == 0) ||
           (len >= 9 && memcmp(line, "-----END ", 9) == 0);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

// Moves *line behind the blanks before the line; returns its length without those at its end.
static size_t trim(const char **line, const char *end)
{
    while (*line < end && is_blank(**line))
        ++*line;
    while (end > *line && is_blank(end[-1]))
        end--;
    return (size_t)(end - *line);
}

// Indented, or with other ends of lines, the whole would not be found. Each line has a name of its
// own, so that a person sees which it was.
static void add_lines(struct redact *r, const char *name, const char *bytes, size_t len)
{
    const char *at = bytes, *end = bytes + len;
    for (int number = 1; at < end; number++) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        const char *line = at;
        size_t line_len = trim(&line, feed ? feed : end);
        at = feed ? feed + 1 : end;
        if (line_len < REDACT_SHORTEST_LINE || is_frame(line, line_len))
            continue;
        struct buf line_name = {0};
        buf_printf(&line_name, "%s line %d", name, number);
        add_one(r, line_name.data, line, line_len);
        buf_free(&line_name);
    }
}

// JSON within JSON escapes it twice; what escapes it once is known as every secret's form.
static void add_escaped(struct redact *r, const char *name, const char *bytes, size_t len)
{
    struct buf json = {0};
    json_write_string(&json, bytes, len);
    if (json.len != len + 2)
        add_one(r, name, json.data + 1, json.len - 2);
    buf_free(&json);
}

// A name is shown where its secret stood, so it may hold none itself: each in it becomes a `*`.
static void put_name(const struct redact *r, struct buf *out, const char *name)
{
    struct finds finds = redact_finds(r, name, strlen(name));
    size_t covered = 0;
    for (size_t i = 0; i < finds.count; i++) {
        const struct find *f = &finds.items[i];
        if (f->from >= covered) {
            buf_add(out, name + covered, f->from - covered);
            buf_putc(out, '*');
        }
        covered = f->to;
    }
    buf_puts(out, name + covered);
    finds_free(&finds);
}

bool redact_add(struct redact *r, const char *name, const char *bytes, size_t len)
{
    struct buf shown = {0};
    if (len < REDACT_SHORTEST)
        return false;
    put_name(r, &shown, name);
    add_one(r, buf_text(&shown), bytes, len);
    add_escaped(r, buf_text(&shown), bytes, len);
    add_lines(r, buf_text(&shown), bytes, len);
    buf_free(&shown);
    return true;
}

const struct secret *redact_at(const struct redact *r, size_t index)
{
    return r && index < r->ledger.count ? &r->ledger.secrets[index] : NULL;
}

static struct finds read_all(const struct redact *r, const char *text, size_t len, size_t begun)
{
    struct finds finds = {0};
    if (!redact_empty(r) && len)
        parts_read(r->parts, &r->ledger, text, len, begun, &finds);
    finds_settle(&finds);
    return finds;
}

struct finds redact_finds(const struct redact *r, const char *text, size_t len)
{
    return read_all(r, text, len, 0);
}

static void write_masked(const struct redact *r, struct buf *out, const char *text, size_t len,
                         const struct finds *finds)
{
    size_t covered = 0; // what stands before is done
    for (size_t i = 0; i < finds->count; i++) {
        const struct find *f = &finds->items[i];
        bool overlaps = f->from < covered;
        if (!overlaps)
            buf_add(out, text + covered, f->from - covered);
        if (!overlaps || f->id != finds->items[i - 1].id)
            buf_printf(out, "[secret %s]", r->ledger.secrets[f->id].name);
        covered = f->to;
    }
    buf_add(out, text + covered, len - covered);
}

char *redact_text(const struct redact *r, const char *text, size_t len, size_t *out_len)
{
    struct buf out = {0};
    struct finds finds = redact_finds(r, text, len);
    write_masked(r, &out, text, len, &finds);
    finds_free(&finds);
    *out_len = out.len;
    return buf_take(&out);
}

static struct value *string_masked(struct arena *a, const struct redact *r, const char *text,
                                   size_t len)
{
    struct finds finds = redact_finds(r, text, len);
    struct buf out = {0};
    struct value *v;
    if (finds.count)
        write_masked(r, &out, text, len, &finds);
    v = finds.count ? value_bytes(a, out.data, out.len) : value_bytes(a, text, len);
    buf_free(&out);
    finds_free(&finds);
    return v;
}

// The secret that the number is as JSON writes it, its sign aside.
static const struct secret *number_find(const struct redact *r, const struct value *v)
{
    char text[NUMBER_SIZE];
    const struct secret *s = NULL;
    if (redact_empty(r) || v == NULL || (v->type != VALUE_INT && v->type != VALUE_FLOAT))
        return NULL;
    if (v->type == VALUE_INT)
        number_format_whole(v->integer, text);
    else
        number_format(v->number, text);
    struct finds finds = redact_finds(r, text, strlen(text));
    if (finds.count == 1 && finds.items[0].from <= (*text == '-') &&
        finds.items[0].to == strlen(text))
        s = &r->ledger.secrets[finds.items[0].id];
    finds_free(&finds);
    return s;
}

bool redact_has_number(const struct redact *r, const struct value *v)
{
    return number_find(r, v) != NULL;
}

static struct value *number_masked(struct arena *a, const struct redact *r, const struct value *v)
{
    const struct secret *s = number_find(r, v);
    return s ? value_printf(a, "[secret %s]", s->name) : value_copy(a, v);
}

struct value *redact_value(struct arena *a, const struct redact *r, const struct value *v)
{
    if (v == NULL || redact_empty(r))
        return value_copy(a, v);
    struct value *copy;
    switch (v->type) {
    case VALUE_INT:
    case VALUE_FLOAT:
        return number_masked(a, r, v);
    case VALUE_STRING:
        return string_masked(a, r, v->string.text, v->string.len);
    case VALUE_ARRAY:
        copy = value_array(a);
        for (size_t i = 0; i < v->array.count; i++)
            value_push(a, copy, redact_value(a, r, v->array.items[i]));
        return copy;
    case VALUE_OBJECT:
        copy = value_object(a);
        for (size_t i = 0; i < v->object.count; i++) {
            const struct value_member *m = &v->object.members[i];
            struct value *key = string_masked(a, r, m->key, m->key_len);
            value_append(a, copy, key->string.text, key->string.len, redact_value(a, r, m->value));
        }
        return copy;
    default:
        return value_copy(a, v);
    }
}

size_t redact_whole(const struct redact *r, const char *text, size_t len)
{
    struct finds finds = read_all(r, text, len, REDACT_SHORTEST);
    size_t whole = len;
    for (size_t i = 0; i < finds.count; i++) {
        const struct find *f = &finds.items[i];
        if (f->begun && f->from < whole)
            whole = i && finds.items[i - 1].to > f->from ? finds.items[i - 1].to : f->from;
    }
    finds_free(&finds);
    return whole;
}
