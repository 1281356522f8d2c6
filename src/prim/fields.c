#include "prim/fields.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/utf8.h"

// In bytes, escaped. What is longer may be a whole body.
enum { LONGEST_NAME = 200, LONGEST_HEAD = 4096 };

static int hex(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

// Without percent-escapes, in place. A NUL byte ends it, as for servers written in C.
static char *unescape(char *text)
{
    char *to = text;
    for (const char *p = text; *p; p++) {
        bool escape = *p == '%' && isxdigit((unsigned char)p[1]) && isxdigit((unsigned char)p[2]);
        *to++ = (char)(escape ? hex(p[1]) << 4 | hex(p[2]) : *p);
        p += escape ? 2 : 0;
    }
    *to = '\0';
    return text;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

// How many bytes come before the first of `stops`.
static size_t span(const char *text, size_t len, const char *stops)
{
    size_t n = 0;
    while (n < len && (text[n] == '\0' || !strchr(stops, text[n])))
        n++;
    return n;
}

static size_t blanks(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && isspace((unsigned char)text[n]))
        n++;
    return n;
}

void fields_form(const struct fields *f, const char *text, size_t len)
{
    for (size_t at = 0, size; at < len; at += size + 1) {
        char word[LONGEST_NAME + 1];
        const char *field = text + at;
        size = span(field, len - at, "&;");
        size_t name = span(field, size, "="), from = name < size ? name + 1 : size;
        if (name > LONGEST_NAME)
            continue;
        memcpy(word, field, name);
        word[name] = '\0';
        if (f->wants(unescape(word)))
            f->tell(f->arg, unescape(arena_copy(f->arena, field + from, size - from)));
    }
}

// Reads a quoted text of JSON or its kin into `out`; the first byte is its quote. Returns how many
// bytes it takes, 0 when it does not end or is longer than a name can be.
static size_t quoted(struct buf *out, const char *text, size_t len)
{
    buf_clear(out);
    for (size_t i = 1; i < len && i < LONGEST_NAME; i++) {
        if (text[i] == text[0])
            return i + 1;
        if (text[i] == '\\' && i + 5 < len && text[i + 1] == 'u') {
            unsigned code = 0;
            for (size_t k = 2; k < 6 && isxdigit((unsigned char)text[i + k]); k++)
                code = code << 4 | (unsigned)hex(text[i + k]);
            utf8_put(out, code >= 0xD800 && code < 0xE000 ? '?' : code);
            i += 5;
            continue;
        }
        i += text[i] == '\\' && i + 1 < len;
        buf_putc(out, text[i]);
    }
    return 0;
}

// Tells of the member whose name is in `word` when it is wanted and a colon follows. Returns
// whether.
static bool member(const struct fields *f, struct buf *word, const char *text, size_t len)
{
    size_t at = blanks(text, len);
    if (at == len || text[at] != ':' || !f->wants(buf_text(word)))
        return false;
    at++;
    at += blanks(text + at, len - at);
    if (at < len && (text[at] == '"' || text[at] == '\'') && quoted(word, text + at, len - at))
        f->tell(f->arg, arena_dup(f->arena, buf_text(word)));
    else
        f->tell(f->arg, arena_copy(f->arena, text + at,
                                   span(text + at, least(len - at, LONGEST_NAME), ",]} \t\r\n")));
    return true;
}

static void ignore(void *arg, const char *value)
{
    (void)arg;
    (void)value;
}

// Takes every quote for the beginning of a name: where comments are taken, too, nothing tells which
// are.
static bool members_anywhere(const struct fields *f, const char *text, size_t len)
{
    struct buf word = {0};
    bool found = false;
    for (size_t i = 0; i < len; i++) {
        bool quote = text[i] == '"' || text[i] == '\'';
        size_t size = quote ? quoted(&word, text + i, len - i) : 0;
        found |= size && member(f, &word, text + i + size, len - i - size);
    }
    buf_free(&word);
    return found;
}

// Those of the outermost object of a text that is JSON; each of several of one name counts.
static void members_of_top(const struct fields *f, const char *text, size_t len)
{
    struct buf word = {0};
    int depth = 0;
    for (size_t i = 0; i < len; i++) {
        depth += text[i] == '{' || text[i] == '[';
        depth -= text[i] == '}' || text[i] == ']';
        if (text[i] != '"')
            continue;
        size_t size = quoted(&word, text + i, len - i);
        if (size && depth == 1)
            member(f, &word, text + i + size, len - i - size);
        for (i++; i < len && text[i] != '"'; i++)
            i += text[i] == '\\';
    }
    buf_free(&word);
}

void fields_json(const struct fields *f, const char *text, size_t len)
{
    const struct fields look = {f->arena, f->wants, ignore, NULL};
    struct arena a = {0};
    if (!members_anywhere(&look, text, len))
        return;
    if (json_parse(&a, text, len, NULL))
        members_of_top(f, text, len);
    else
        members_anywhere(f, text, len);
    arena_free(&a);
}

// The line behind the next empty one: what a part holds. NULL when its head is too long to tell.
static const char *part_value(struct arena *a, const char *text, size_t len)
{
    for (size_t i = 0; i + 1 < len; i++) {
        if (i == LONGEST_HEAD)
            return NULL;
        size_t end = text[i] == '\n' ? 1 : 0;
        end += end && text[i + 1] == '\r' && i + 2 < len;
        if (!end || text[i + end] != '\n')
            continue;
        i += end + 1;
        return arena_copy(a, text + i, span(text + i, least(len - i, LONGEST_NAME), "\r\n"));
    }
    return "";
}

// The name in a part's head, behind `name`: ="x", =x or, as RFC 5987 has it, *=utf-8''x. "" when
// there is none. Lives in `word`.
static const char *part_name(struct buf *word, const char *text, size_t len)
{
    size_t at = span(text, least(len, 8), "=");
    bool extended = at > 0 && text[0] == '*';
    buf_clear(word);
    if (at == len || text[at] != '=' || (!extended && blanks(text, at) != at))
        return "";
    at++;
    at += blanks(text + at, len - at);
    bool quote = at < len && (text[at] == '"' || text[at] == '\'');
    if (!(quote && quoted(word, text + at, len - at))) {
        buf_clear(word);
        buf_add(word, text + at, span(text + at, least(len - at, LONGEST_NAME), "; \t\r\n"));
    }
    if (word->data == NULL)
        return "";
    const char *name = unescape(word->data), *tick = extended ? strchr(name, '\'') : NULL;
    tick = tick ? strchr(tick + 1, '\'') : NULL;
    return tick ? tick + 1 : name;
}

void fields_multipart(const struct fields *f, const char *text, size_t len)
{
    struct buf word = {0};
    for (size_t i = 0; i + 4 < len; i++) {
        if (strncasecmp(text + i, "name", 4) != 0)
            continue;
        const char *rest = text + i + 4, *name = part_name(&word, rest, len - i - 4);
        if (strncmp(name, "=?", 2) == 0) // RFC 2047
            f->tell(f->arg, NULL);
        else if (f->wants(name))
            f->tell(f->arg, part_value(f->arena, rest, len - i - 4));
    }
    buf_free(&word);
}
