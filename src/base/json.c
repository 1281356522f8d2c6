// The reader is our own: lua-cjson 2.1.0, as Debian packages it, rounds integers beyond 2^53, reads
// 3 as 3.0, and loses the difference between [] and {}; a runbook must never see any of that.
#include "base/json.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/keys.h"
#include "base/number.h"
#include "base/utf8.h"

struct reader {
    struct arena *arena;
    const char *text, *at, *end;
    struct error *err;
    int depth;
    struct value_member *open; // what unfinished arrays and objects hold so far, innermost last
    size_t count, room;
    struct buf scratch; // a string with escapes, or a float, while it is read
};

static struct value *value_read(struct reader *r);

// Says what was expected where the reader stands and what it found there; returns NULL.
static void *fail(const struct reader *r, const char *expected)
{
    char found[UTF8_NAME_SIZE];
    struct utf8_place place = utf8_place(r->text, (size_t)(r->at - r->text));
    utf8_name(r->at, (size_t)(r->end - r->at), found);
    error_set(r->err, "line %zu, column %zu: expected %s, found %s", place.line, place.column,
              expected, found);
    return NULL;
}

// What is read may take no more memory than the arena may; what stands in `open` is not yet in it.
static bool has_room(const struct reader *r, size_t more)
{
    if (arena_has_room(r->arena, more + r->room * sizeof *r->open))
        return true;
    error_set(r->err, "what it holds takes more memory than is left");
    return false;
}

static struct value *keep(struct reader *r, struct value v)
{
    struct value *kept = arena_alloc(r->arena, sizeof v);
    *kept = v;
    return kept;
}

static int peek(const struct reader *r)
{
    return r->at < r->end ? (unsigned char)*r->at : -1;
}

static bool take(struct reader *r, char c)
{
    bool there = peek(r) == c;
    r->at += there;
    return there;
}

static void space_skip(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t'))
        r->at++;
}

// Reads the four digits of a \u escape; -1 when they are not there.
static int32_t unit_read(struct reader *r)
{
    const char *start = r->at;
    int64_t unit;
    while (r->at - start < 4 && isxdigit(peek(r)))
        r->at++;
    if (r->at - start < 4) {
        fail(r, "four hex digits after \\u");
        return -1;
    }
    number_whole(start, 4, 16, &unit);
    return (int32_t)unit;
}

// Reads an escape into the scratch; the reader stands on its backslash.
static bool escape_read(struct reader *r)
{
    static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char *start = r->at++;
    int c = peek(r);
    const char *name = c > 0 ? strchr(names, c) : NULL;
    if (name) {
        r->at++;
        return buf_putc(&r->scratch, meanings[name - names]);
    }
    if (!take(r, 'u'))
        return fail(r, "one of \" \\ / b f n r t u after a backslash");
    int32_t code = unit_read(r), low = 0;
    if (code >= 0xD800 && code < 0xDC00 && take(r, '\\') && take(r, 'u')) {
        low = unit_read(r);
        if (low >= 0xDC00 && low < 0xE000)
            code = 0x10000 + ((code - 0xD800) << 10) + low - 0xDC00;
    }
    if (code < 0 || low < 0)
        return false;
    if (code >= 0xD800 && code < 0xE000) {
        r->at = start;
        return fail(r, "a whole pair of surrogates in \\u escapes");
    }
    return utf8_put(&r->scratch, (uint32_t)code);
}

// Skips the bytes that stand for themselves in a string and are characters of their own.
static void plain_skip(struct reader *r)
{
    while (r->at < r->end && *r->at >= 0x20 && *r->at < 0x7F && *r->at != '"' && *r->at != '\\')
        r->at++;
}

// Reads a string into the arena; the reader stands on its first quote. One without escapes is
// copied straight from the text.
static char *string_read(struct reader *r, size_t *len)
{
    const char *run = ++r->at; // where the bytes begin that are not yet copied
    buf_clear(&r->scratch);
    for (plain_skip(r); peek(r) != '"'; plain_skip(r)) {
        int c = peek(r);
        if (c < 0)
            return fail(r, "'\"' at the end of a string");
        if (c < 0x20)
            return fail(r, "an escape in place of a bare control character");
        if (c == '\\') {
            buf_add(&r->scratch, run, (size_t)(r->at - run));
            if (!escape_read(r))
                return NULL;
            run = r->at;
            continue;
        }
        size_t size = utf8_size(r->at, (size_t)(r->end - r->at));
        if (size == 0)
            return fail(r, "UTF-8");
        r->at += size;
    }
    *len = (size_t)(r->at++ - run);
    if (r->scratch.len) {
        buf_add(&r->scratch, run, *len);
        run = r->scratch.data;
        *len = r->scratch.len;
    }
    return has_room(r, *len) ? arena_copy(r->arena, run, *len) : NULL;
}

static bool digits_skip(struct reader *r)
{
    const char *start = r->at;
    while (isdigit(peek(r)))
        r->at++;
    return r->at > start;
}

static struct value *number_read(struct reader *r)
{
    const char *start = r->at;
    take(r, '-');
    const char *digits = r->at;
    if (!digits_skip(r))
        return fail(r, "a digit after '-'");
    if (*digits == '0' && r->at > digits + 1) {
        r->at = digits + 1;
        return fail(r, "no more digits after a leading 0");
    }
    const char *whole = r->at;
    if (take(r, '.') && !digits_skip(r))
        return fail(r, "a digit after the decimal point");
    if (take(r, 'e') || take(r, 'E')) {
        if (!take(r, '-'))
            take(r, '+');
        if (!digits_skip(r))
            return fail(r, "a digit in the exponent");
    }
    int64_t n;
    size_t len = (size_t)(r->at - start);
    if (r->at == whole && number_whole(start, len, 10, &n))
        return keep(r, (struct value){.type = VALUE_INT, .integer = n});
    buf_clear(&r->scratch);
    buf_add(&r->scratch, start, len);
    double number = number_parse(r->scratch.data);
    if (isinf(number)) {
        r->at = start;
        return fail(r, "a number that a double can hold");
    }
    return keep(r, (struct value){.type = VALUE_FLOAT, .number = number});
}

static bool open_push(struct reader *r, struct value_member m)
{
    if (m.value == NULL)
        return false;
    if (r->count == r->room) {
        if (r->room && !has_room(r, r->room * sizeof m))
            return false;
        r->room = r->room ? r->room * 2 : 64;
        r->open = mem_grow(r->open, r->room * sizeof m);
    }
    r->open[r->count++] = m;
    return true;
}

static bool item_read(struct reader *r)
{
    return open_push(r, (struct value_member){.value = value_read(r)});
}

static bool member_read(struct reader *r)
{
    struct value_member m;
    space_skip(r);
    if (peek(r) != '"')
        return fail(r, "a key in double quotes");
    m.key = string_read(r, &m.key_len);
    if (m.key == NULL)
        return false;
    space_skip(r);
    if (!take(r, ':'))
        return fail(r, "':' after a key");
    m.value = value_read(r);
    return open_push(r, m);
}

// Reads what stands between brackets, onto `open`; the reader stands on the first bracket.
static bool open_read(struct reader *r, char close, bool (*read)(struct reader *),
                      const char *after)
{
    r->at++;
    space_skip(r);
    if (take(r, close))
        return true;
    do {
        if (!read(r))
            return false;
    } while (take(r, ','));
    return take(r, close) || fail(r, after);
}

static struct value *array_read(struct reader *r)
{
    const size_t first = r->count;
    if (!open_read(r, ']', item_read, "',' or ']' after an item"))
        return NULL;
    struct value v = {.type = VALUE_ARRAY};
    v.array.count = v.array.room = r->count - first;
    v.array.items = arena_alloc(r->arena, v.array.count * sizeof(struct value *));
    for (size_t i = 0; i < v.array.count; i++)
        v.array.items[i] = r->open[first + i].value;
    r->count = first;
    return keep(r, v);
}

static struct value *object_read(struct reader *r)
{
    const size_t first = r->count;
    if (!open_read(r, '}', member_read, "',' or '}' after a member"))
        return NULL;
    struct value v = {.type = VALUE_OBJECT};
    v.object.count = v.object.room = r->count - first;
    v.object.members = arena_alloc(r->arena, v.object.count * sizeof(struct value_member));
    for (size_t i = 0; i < v.object.count; i++)
        v.object.members[i] = r->open[first + i];
    r->count = first;
    keys_settle(&v);
    return keep(r, v);
}

static bool word_take(struct reader *r, const char *word)
{
    size_t len = strlen(word);
    bool there = (size_t)(r->end - r->at) >= len && memcmp(r->at, word, len) == 0;
    r->at += there ? len : 0;
    return there;
}

static struct value *word_read(struct reader *r)
{
    if (word_take(r, "null"))
        return value_null(r->arena);
    if (word_take(r, "true"))
        return value_bool(r->arena, true);
    return word_take(r, "false") ? value_bool(r->arena, false) : fail(r, "a value");
}

// Reads a value and the white space on both sides of it.
static struct value *value_read(struct reader *r)
{
    struct value *v = NULL;
    size_t len;
    if (!has_room(r, sizeof *v))
        return NULL;
    space_skip(r);
    int c = peek(r);
    if (c == '"') {
        const char *text = string_read(r, &len);
        if (text)
            v = keep(r, (struct value){.type = VALUE_STRING, .string = {text, len}});
    } else if (c == '-' || (c >= '0' && c <= '9')) {
        v = number_read(r);
    } else if (c == '{' || c == '[') {
        if (r->depth == JSON_MAX_DEPTH)
            return fail(r, "at most 512 levels of nesting");
        r->depth++;
        v = c == '{' ? object_read(r) : array_read(r);
        r->depth--;
    } else {
        v = word_read(r);
    }
    space_skip(r);
    return v;
}

struct value *json_parse(struct arena *a, const char *text, size_t len, struct error *err)
{
    size_t mark = utf8_mark(text, len);
    struct reader r = {.arena = a, .text = text + mark, .at = text + mark, .end = text + len};
    r.err = err;
    struct value *v = value_read(&r);
    if (v && r.at < r.end)
        v = fail(&r, "nothing more after the document");
    free(r.open);
    buf_free(&r.scratch);
    return v;
}
