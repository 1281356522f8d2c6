#include "record/escape.h"

#include <string.h>
#include <strings.h>

// Characters as they stand, but what the escapes stand for that begin with `coat`, if that is any:
// what is written in one way may be written in another as a whole.
struct source {
    const char *at, *end;
    char coat;
    bool ran_out;
};

// The ways in which one escape may be read.
struct ways {
    struct escape *found;
    size_t count;
    const char *start;
};

enum { END = -1 };

const bool escape_starts[256] = {
    ['%'] = true, ['\\'] = true, ['&'] = true, ['+'] = true, ['\''] = true, ['"'] = true};

static size_t read_all(struct source *, struct escape found[ESCAPE_MOST]);

static int take(struct source *s)
{
    if (s->at >= s->end) {
        s->ran_out = true;
        return END;
    }
    if (s->coat && *s->at == s->coat) {
        struct source plain = {.at = s->at, .end = s->end};
        struct escape found[ESCAPE_MOST];
        size_t count = read_all(&plain, found);
        s->ran_out |= plain.ran_out;
        if (count && found[0].count == 1) {
            s->at += found[0].len;
            return (unsigned char)found[0].bytes[0];
        }
    }
    return (unsigned char)*s->at++;
}

static int digit_of(int c, int base)
{
    int digit = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : base;
    return digit < base ? digit : -1;
}

// Reads up to `most` digits; returns how many, *n what they say.
static int take_digits(struct source *s, int base, int most, long *n)
{
    int count = 0;
    *n = 0;
    while (count < most) {
        struct source next = *s;
        int digit = digit_of(take(&next), base);
        s->ran_out |= next.ran_out;
        if (digit < 0)
            break;
        *s = next;
        *n = *n * base + digit;
        count++;
    }
    return count;
}

static struct escape *add_way(struct ways *w, const struct source *s)
{
    struct escape *e = &w->found[w->count++];
    *e = (struct escape){.len = (size_t)(s->at - w->start)};
    return e;
}

static void add_byte(struct ways *w, const struct source *s, long byte)
{
    struct escape *e = add_way(w, s);
    e->bytes[e->count++] = (char)byte;
}

// Its UTF-8, if the number is that of a character.
static void add_character(struct ways *w, const struct source *s, long code)
{
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        return;
    struct escape *e = add_way(w, s);
    int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xC0, 0xE0, 0xF0};
    e->bytes[e->count++] = (char)(lead[more] | code >> (6 * more));
    for (; more > 0; more--)
        e->bytes[e->count++] = (char)(0x80 | (code >> (6 * (more - 1)) & 0x3F));
}

// %41
static void read_percent(struct source *s, struct ways *w)
{
    long byte;
    if (take_digits(s, 16, 2, &byte) == 2)
        add_byte(w, s, byte);
}

// \u0041 of JSON, of which two may be the halves of one character, and \u{41}
static void read_unicode(struct source *s, struct ways *w)
{
    long code, low;
    struct source braced = *s;
    if (take(&braced) == '{') {
        if (take_digits(&braced, 16, 8, &code) && take(&braced) == '}')
            add_character(w, &braced, code);
        s->ran_out |= braced.ran_out;
        return;
    }
    if (take_digits(s, 16, 4, &code) < 4)
        return;
    if (code >= 0xD800 && code < 0xDC00 && take(s) == '\\' && take(s) == 'u' &&
        take_digits(s, 16, 4, &low) == 4 && low >= 0xDC00 && low < 0xE000)
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    add_character(w, s, code);
}

// \065 is 'A' to Lua and '5' to C.
static void read_number(struct source *s, struct ways *w)
{
    static const int bases[] = {10, 8};
    for (size_t i = 0; i < 2; i++) {
        struct source digits = *s;
        long byte;
        if (take_digits(&digits, bases[i], 3, &byte) && byte < 256)
            add_byte(w, &digits, byte);
        s->ran_out |= digits.ran_out;
    }
}

static void read_backslash(struct source *s, struct ways *w)
{
    static const char letters[] = "abefnrtv", meant[] = "\a\b\033\f\n\r\t\v";
    struct source start = *s;
    long code;
    int c = take(s);
    const char *letter = c > 0 ? strchr(letters, c) : NULL;
    if (letter) {
        add_byte(w, s, meant[letter - letters]);
    } else if (c == 'x') {
        if (take_digits(s, 16, 2, &code) == 2)
            add_byte(w, s, code);
    } else if (c == 'u') {
        read_unicode(s, w);
    } else if (c == 'U') {
        if (take_digits(s, 16, 8, &code) == 8)
            add_character(w, s, code);
    } else if (c >= '0' && c <= '9') {
        read_number(&start, w);
        s->ran_out |= start.ran_out;
    } else if (c == '\n' || (c >= ' ' && c < 0x7F && digit_of(c | 0x20, 16) < 0 &&
                             !((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))) {
        add_byte(w, s, c); // itself: JSON's \/, a shell's "\ "
    }
}

// &lt; &#60; &#x3c;
static void read_reference(struct source *s, struct ways *w)
{
    static const struct {
        const char *name;
        char meant;
    } names[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    char name[8] = "";
    long code = 0;
    int c = take(s);
    if (c == '#') {
        struct source hex = *s;
        bool is_hex = (take(&hex) | 0x20) == 'x';
        s->ran_out |= hex.ran_out;
        if (is_hex)
            *s = hex;
        if (take_digits(s, is_hex ? 16 : 10, 8, &code) && take(s) == ';')
            add_character(w, s, code);
        return;
    }
    for (size_t len = 0; len < 5 && c > 0 && c != ';'; c = take(s))
        name[len++] = (char)c;
    for (size_t i = 0; c == ';' && i < sizeof names / sizeof *names; i++)
        if (strcasecmp(name, names[i].name) == 0)
            add_byte(w, s, names[i].meant);
}

// In a shell's single quotes '\'' or '"'"' is one; elsewhere two are.
static void read_quote(struct source *s, struct ways *w, int quote)
{
    static const char *const forms[] = {"\\''", "\"'\"'", "'"};
    for (size_t i = 0; quote == '\'' && i < sizeof forms / sizeof *forms; i++) {
        struct source rest = *s;
        const char *form = forms[i];
        while (*form && take(&rest) == *form)
            form++;
        if (*form == '\0')
            add_byte(w, &rest, quote);
        s->ran_out |= rest.ran_out;
    }
    if (quote == '"' && take(s) == quote)
        add_byte(w, s, quote);
}

// Returns how many ways there are.
static size_t read_all(struct source *s, struct escape found[ESCAPE_MOST])
{
    struct ways w = {.found = found, .start = s->at};
    int c = take(s);
    if (c == '%')
        read_percent(s, &w);
    else if (c == '\\')
        read_backslash(s, &w);
    else if (c == '&')
        read_reference(s, &w);
    else if (c == '\'' || c == '"')
        read_quote(s, &w, c);
    else if (c == '+')
        add_byte(&w, s, ' ');
    return w.count;
}

static bool is_known(const struct escape *found, size_t count, const struct escape *e)
{
    for (size_t i = 0; i < count; i++)
        if (found[i].len == e->len && found[i].count == e->count &&
            memcmp(found[i].bytes, e->bytes, e->count) == 0)
            return true;
    return false;
}

// Whether an escape that begins at `at` may hold one that begins with `coat`: before that at most
// so many characters stand as they are.
static bool is_coated(const char *at, const char *end, char coat)
{
    enum { LONGEST = 16 };
    size_t len = end - at < LONGEST ? (size_t)(end - at) : LONGEST;
    return *at != '+' && memchr(at, coat, len);
}

size_t escape_read(const char *at, const char *end, struct escape found[ESCAPE_MOST], bool *cut)
{
    static const char coats[] = {'\0', '%', '\\', '&'};
    size_t count = 0;
    for (size_t i = 0; i < sizeof coats; i++) {
        if (coats[i] && !is_coated(at, end, coats[i]))
            continue;
        struct source s = {.at = at, .end = end, .coat = coats[i]};
        struct escape again[ESCAPE_MOST];
        size_t more = read_all(&s, again);
        for (size_t k = 0; k < more && count < ESCAPE_MOST; k++)
            if (!is_known(found, count, &again[k]))
                found[count++] = again[k];
        if (cut && s.ran_out)
            *cut = true;
    }
    return count;
}
