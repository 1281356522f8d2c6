#include "record/secret.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/utf8.h"

enum { SHORTEST_FOLDED = 8 };

// The base64 characters (RFC 4648, section 4) all of whose bits come from `bytes` when `shift`
// other bytes stand before them in their group of three.
static char *base64_middle(const char *bytes, size_t len, int shift)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct buf out = {0};
    size_t first = ((size_t)shift * 8 + 5) / 6, end = ((size_t)shift + len) * 8 / 6;
    for (size_t i = first; i < end; i++) {
        size_t bit = i * 6 - (size_t)shift * 8;
        unsigned pair = (unsigned)(unsigned char)bytes[bit / 8] << 8;
        if (bit / 8 + 1 < len)
            pair |= (unsigned char)bytes[bit / 8 + 1];
        buf_putc(&out, letters[pair >> (10 - bit % 8) & 63]);
    }
    return buf_take(&out);
}

static char *hex_lower(const char *bytes, size_t len)
{
    struct buf out = {0};
    for (size_t i = 0; i < len; i++)
        buf_printf(&out, "%02x", (unsigned char)bytes[i]);
    return buf_take(&out);
}

static void mark_starts(struct secret *s)
{
    s->starts[toupper((unsigned char)s->bytes[0])] = true;
    s->starts[tolower((unsigned char)s->bytes[0])] = true;
    s->starts[(unsigned char)s->hex[0]] = true;
    s->starts[toupper((unsigned char)s->hex[0])] = true;
    for (int shift = 0; shift < SECRET_SHIFTS; shift++)
        s->starts[(unsigned char)s->base64[shift][0]] = true;
    for (const char *c = "-_%\\+"; *c; c++) // base64's other alphabet, and escapes
        s->starts[(unsigned char)*c] = true;
}

void secret_set(struct secret *s, const char *name, const char *bytes, size_t len)
{
    *s = (struct secret){.name = mem_dup(name), .bytes = mem_alloc(len + 1), .len = len};
    memcpy(s->bytes, bytes, len);
    s->hex = hex_lower(bytes, len);
    for (int shift = 0; shift < SECRET_SHIFTS; shift++)
        s->base64[shift] = base64_middle(bytes, len, shift);
    mark_starts(s);
}

void secret_clear(struct secret *s)
{
    for (int shift = 0; shift < SECRET_SHIFTS; shift++)
        free(s->base64[shift]);
    free(s->hex);
    free(s->bytes);
    free(s->name);
}

// Each matcher returns how many bytes at `at` are the secret in its form, or 0.

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

// Reads `digits` hex digits that end before `end`; -1 when they are not there.
static int32_t hex_read(const char *at, const char *end, int digits)
{
    int32_t n = 0;
    for (; digits > 0; digits--, at++) {
        if (at >= end || hex_digit(*at) < 0)
            return -1;
        n = n * 16 + hex_digit(*at);
    }
    return n;
}

// Hosts, types and methods are written in one case; a short secret would be found in plain words.
static bool is_same(const struct secret *s, size_t i, char c)
{
    return c == s->bytes[i] || (s->len >= SHORTEST_FOLDED &&
                                tolower((unsigned char)c) == tolower((unsigned char)s->bytes[i]));
}

static size_t match_percent(const struct secret *s, const char *at, const char *end)
{
    const char *p = at;
    for (size_t i = 0; i < s->len; i++) {
        if (p < end && *p == '%' && hex_read(p + 1, end, 2) == (unsigned char)s->bytes[i])
            p += 3;
        else if (p < end && (is_same(s, i, *p) || (*p == '+' && s->bytes[i] == ' ')))
            p++;
        else
            return 0;
    }
    return (size_t)(p - at);
}

// Appends the character that a JSON escape at `at` stands for. Returns its bytes; 0: it is none.
static size_t json_unescape(const char *at, const char *end, struct buf *out)
{
    static const char escapes[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    if (*at != '\\' || at + 1 >= end)
        return 0;
    const char *found = memchr(escapes, at[1], sizeof escapes - 1);
    if (found) {
        buf_putc(out, meant[found - escapes]);
        return 2;
    }
    int32_t unit = at[1] == 'u' ? hex_read(at + 2, end, 4) : -1;
    if (unit >= 0xD800 && unit < 0xDC00 && end - at >= 12 && memcmp(at + 6, "\\u", 2) == 0) {
        int32_t low = hex_read(at + 8, end, 4);
        if (low < 0xDC00 || low > 0xDFFF)
            return 0;
        utf8_put(out, 0x10000u + ((uint32_t)(unit - 0xD800) << 10) + (uint32_t)(low - 0xDC00));
        return 12;
    }
    if (unit < 0 || (unit >= 0xD800 && unit <= 0xDFFF))
        return 0;
    utf8_put(out, (uint32_t)unit);
    return 6;
}

static size_t match_json(const struct secret *s, const char *at, const char *end)
{
    struct buf c = {0};
    const char *p = at;
    size_t done = 0;
    while (done < s->len && p < end) {
        buf_clear(&c);
        size_t used = json_unescape(p, end, &c);
        if (used && c.len <= s->len - done && memcmp(c.data, s->bytes + done, c.len) == 0) {
            p += used;
            done += c.len;
        } else if (*p == s->bytes[done]) { // a backslash may also stand for itself
            p++;
            done++;
        } else {
            break;
        }
    }
    buf_free(&c);
    return done == s->len ? (size_t)(p - at) : 0;
}

static size_t match_hex(const struct secret *s, const char *at, const char *end)
{
    size_t len = s->len * 2;
    return (size_t)(end - at) >= len && strncasecmp(at, s->hex, len) == 0 ? len : 0;
}

static bool is_base64(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("+/-_", c));
}

// Behind the white space with which base64 is folded into lines (RFC 2045, section 6.8), also where
// JSON escapes it.
static const char *skip_fold(const char *p, const char *end)
{
    while (p < end) {
        if (*p && strchr(" \t\r\n", *p))
            p++;
        else if (end - p >= 2 && *p == '\\' && p[1] && strchr("nrt", p[1]))
            p += 2;
        else
            break;
    }
    return p;
}

static size_t match_base64(const struct secret *s, int shift, const char *at, const char *end)
{
    const char *p = at;
    for (const char *form = s->base64[shift]; *form; form++, p++) {
        if (p > at)
            p = skip_fold(p, end);
        if (p >= end ||
            (*p != *form && !(*form == '+' && *p == '-') && !(*form == '/' && *p == '_')))
            return 0;
    }
    // Its last bits may share a character with what follows, or with the padding.
    const char *last = skip_fold(p, end);
    if (((size_t)shift + s->len) % 3 && last < end && is_base64(*last)) {
        p = last + 1;
        for (last = skip_fold(p, end); last < end && *last == '='; last = skip_fold(p, end))
            p = last + 1;
    }
    return (size_t)(p - at);
}

static size_t longest(size_t a, size_t b)
{
    return a > b ? a : b;
}

size_t secret_match(const struct secret *s, const char *at, const char *end)
{
    size_t len = longest(match_percent(s, at, end), match_json(s, at, end));
    len = longest(len, match_hex(s, at, end));
    for (int shift = 0; shift < SECRET_SHIFTS; shift++)
        len = longest(len, match_base64(s, shift, at, end));
    return len;
}

// Each of these says whether the secret, in its form, goes on beyond the end of at..end.

static bool begins_percent(const struct secret *s, const char *at, const char *end)
{
    size_t i = 0;
    for (; i < s->len && at < end; i++) {
        if (*at == '%' && end - at < 3)
            return true;
        if (*at == '%' && hex_read(at + 1, end, 2) == (unsigned char)s->bytes[i])
            at += 3;
        else if (is_same(s, i, *at) || (*at == '+' && s->bytes[i] == ' '))
            at++;
        else
            return false;
    }
    return i < s->len;
}

static bool begins_json(const struct secret *s, const char *at, const char *end)
{
    struct buf c = {0};
    size_t done = 0;
    while (done < s->len && at < end) {
        buf_clear(&c);
        size_t used = json_unescape(at, end, &c);
        if (used && c.len <= s->len - done && memcmp(c.data, s->bytes + done, c.len) == 0) {
            at += used;
            done += c.len;
        } else if (*at == s->bytes[done]) {
            at++;
            done++;
        } else {
            break;
        }
    }
    buf_free(&c);
    bool in_escape = at < end && *at == '\\' && end - at < 12;
    return done < s->len && (at >= end || in_escape);
}

static bool begins_hex(const struct secret *s, const char *at, const char *end)
{
    size_t len = (size_t)(end - at);
    return len < s->len * 2 && strncasecmp(at, s->hex, len) == 0;
}

static bool begins_base64(const struct secret *s, int shift, const char *at, const char *end)
{
    for (const char *form = s->base64[shift]; *form; form++, at++) {
        at = skip_fold(at, end);
        if (at >= end)
            return true;
        if (*at != *form && !(*form == '+' && *at == '-') && !(*form == '/' && *at == '_'))
            return false;
    }
    return false;
}

bool secret_begins(const struct secret *s, const char *at, const char *end)
{
    bool begins = begins_percent(s, at, end) || begins_json(s, at, end) || begins_hex(s, at, end);
    for (int shift = 0; shift < SECRET_SHIFTS && !begins; shift++)
        begins = begins_base64(s, shift, at, end);
    return begins;
}
