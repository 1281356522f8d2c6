#include "record/redact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/number.h"

enum { FLOAT_DIGITS = 15 };

struct redact {
    struct secret *secrets;
    size_t count;
    bool starts[256]; // bytes with which some form of some secret may start
};

struct redact *redact_new(void)
{
    return mem_alloc(sizeof(struct redact));
}

void redact_free(struct redact *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < r->count; i++)
        secret_clear(&r->secrets[i]);
    free(r->secrets);
    free(r);
}

bool redact_empty(const struct redact *r)
{
    return r == NULL || r->count == 0;
}

const struct secret *redact_find(const struct redact *r, const char *bytes, size_t len)
{
    for (size_t i = 0; r && i < r->count; i++)
        if (r->secrets[i].len == len && memcmp(r->secrets[i].bytes, bytes, len) == 0)
            return &r->secrets[i];
    return NULL;
}

static void add_one(struct redact *r, const char *name, const char *bytes, size_t len)
{
    if (redact_find(r, bytes, len))
        return;
    r->secrets = mem_grow(r->secrets, (r->count + 1) * sizeof *r->secrets);
    struct secret *s = &r->secrets[r->count++];
    secret_set(s, name, bytes, len);
    for (size_t byte = 0; byte < sizeof r->starts; byte++)
        r->starts[byte] |= s->starts[byte];
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

bool redact_add(struct redact *r, const char *name, const char *bytes, size_t len)
{
    if (len < REDACT_SHORTEST)
        return false;
    add_one(r, name, bytes, len);
    add_escaped(r, name, bytes, len);
    add_lines(r, name, bytes, len);
    return true;
}

const struct secret *redact_at(const struct redact *r, size_t index)
{
    return r && index < r->count ? &r->secrets[index] : NULL;
}

const struct secret *redact_next(const struct redact *r, const char **at, const char *end,
                                 size_t *len)
{
    for (; r && *at < end; ++*at) {
        const struct secret *best = NULL;
        if (!r->starts[(unsigned char)**at])
            continue;
        *len = 0;
        for (size_t i = 0; i < r->count; i++) {
            const struct secret *s = &r->secrets[i];
            size_t n = s->starts[(unsigned char)**at] ? secret_match(s, *at, end) : 0;
            if (n > *len) {
                best = s;
                *len = n;
            }
        }
        if (best)
            return best;
    }
    return NULL;
}

char *redact_text(const struct redact *r, const char *text, size_t len, size_t *out_len)
{
    struct buf out = {0};
    const char *at = text, *end = text + len,
               *covered = text; // what stands before `covered` is done
    const struct secret *found, *last = NULL;
    size_t found_len;
    for (; (found = redact_next(r, &at, end, &found_len)); at++) {
        if (at + found_len <= covered)
            continue;
        bool overlaps = at < covered;
        if (!overlaps)
            buf_add(&out, covered, (size_t)(at - covered));
        if (!overlaps || found != last)
            buf_printf(&out, "[secret %s]", found->name);
        last = found;
        covered = at + found_len;
    }
    buf_add(&out, covered, (size_t)(end - covered));
    *out_len = out.len;
    return buf_take(&out);
}

static struct value *string_masked(struct arena *a, const struct redact *r, const char *text,
                                   size_t len)
{
    const char *at = text;
    size_t masked_len;
    if (redact_next(r, &at, text + len, &masked_len) == NULL)
        return value_bytes(a, text, len);
    char *masked = redact_text(r, text, len, &masked_len);
    struct value *v = value_bytes(a, masked, masked_len);
    free(masked);
    return v;
}

// Whether the secret is written with digits, more of them than a float tells apart, of just `n`.
static bool is_long_number(const struct secret *s, double n)
{
    return s->len > FLOAT_DIGITS && strspn(s->bytes, "0123456789+-.eE") == s->len &&
           number_parse(s->bytes) == n;
}

// The secret that the number is: as JSON writes it, or without the ".0" of a float that is whole.
static const struct secret *number_find(const struct redact *r, const struct value *v)
{
    char text[NUMBER_SIZE];
    if (redact_empty(r) || v == NULL || (v->type != VALUE_INT && v->type != VALUE_FLOAT))
        return NULL;
    if (v->type == VALUE_INT)
        number_format_whole(v->integer, text);
    else
        number_format(v->number, text);
    size_t len = strlen(text);
    const struct secret *s = redact_find(r, text, len);
    if (s == NULL && v->type == VALUE_FLOAT && len > 2 && strcmp(text + len - 2, ".0") == 0)
        s = redact_find(r, text, len - 2);
    for (size_t i = 0; s == NULL && v->type == VALUE_FLOAT && i < r->count; i++)
        s = is_long_number(&r->secrets[i], v->number) ? &r->secrets[i] : NULL;
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
    enum { LONGEST_ESCAPE = 6 }; // "\u0041"
    size_t longest = 0;
    if (redact_empty(r))
        return len;
    for (size_t i = 0; i < r->count; i++)
        if (r->secrets[i].len * LONGEST_ESCAPE > longest)
            longest = r->secrets[i].len * LONGEST_ESCAPE;
    for (size_t at = len > longest ? len - longest : 0; at + REDACT_SHORTEST <= len; at++) {
        if (!r->starts[(unsigned char)text[at]])
            continue;
        for (size_t i = 0; i < r->count; i++)
            if (r->secrets[i].starts[(unsigned char)text[at]] &&
                secret_begins(&r->secrets[i], text + at, text + len))
                return at;
    }
    return len;
}
