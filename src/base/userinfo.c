#include "base/userinfo.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"

static const char hidden[] = "***", mark[] = "[secret ";

// What ends the part of a URL between "://" and its path, in prose and in JSON.
static bool ends_authority(char c, bool prose)
{
    return (c && strchr("/?#", c)) ||
           (prose && ((unsigned char)c <= ' ' || c == 0x7f || strchr("\"<>\\`", c)));
}

// Its end; the mark of a secret, which has blanks, does not end it.
static const char *authority_end(const char *at, const char *end, bool prose)
{
    for (; at < end && !ends_authority(*at, prose); at++) {
        bool marked = (size_t)(end - at) > sizeof mark && memcmp(at, mark, sizeof mark - 1) == 0;
        const char *close = marked ? memchr(at, ']', (size_t)(end - at)) : NULL;
        if (close)
            at = close;
    }
    return at;
}

// Takes apart what stands behind "://".
static bool split(const char *at, const char *end, bool prose, struct userinfo *u)
{
    const char *stop = authority_end(at, end, prose);
    const char *host = memrchr(at, '@', (size_t)(stop - at));
    const char *colon = host ? memchr(at, ':', (size_t)(host - at)) : NULL;
    if (colon == NULL || colon + 1 == host)
        return false;
    *u = (struct userinfo){at, colon + 1, (size_t)(colon - at), (size_t)(host - colon - 1)};
    return true;
}

// How long the slashes of a URL are, as they stand or as PHP's JSON has them; 0: there are none.
static size_t slashes_at(const char *at, const char *end)
{
    static const char *const forms[] = {"//", "\\/\\/"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        size_t len = strlen(forms[i]);
        if ((size_t)(end - at) >= len && memcmp(at, forms[i], len) == 0)
            return len;
    }
    return 0;
}

bool userinfo_next(const char *at, const char *end, struct userinfo *u)
{
    const char *text = at;
    while (at < end && (at = memchr(at, ':', (size_t)(end - at)))) {
        bool scheme = at > text && isalnum((unsigned char)at[-1]);
        size_t slashes = slashes_at(++at, end);
        scheme = scheme && slashes;
        at += slashes;
        if (scheme && split(at, end, true, u))
            return true;
    }
    return false;
}

bool userinfo_of(const char *url, struct userinfo *u)
{
    const char *at = strstr(url, "://");
    return at && split(at + 3, url + strlen(url), false, u);
}

const char *userinfo_hidden(struct arena *a, const char *text, size_t len, size_t *out_len)
{
    const char *at = text, *end = text + len;
    struct userinfo u;
    struct buf out = {0};
    *out_len = len;
    if (!userinfo_next(at, end, &u))
        return text;
    for (; userinfo_next(at, end, &u); at = u.password + u.password_len) {
        buf_add(&out, at, (size_t)(u.password - at));
        buf_puts(&out, hidden);
    }
    buf_add(&out, at, (size_t)(end - at));
    *out_len = out.len;
    const char *copy = arena_copy(a, buf_text(&out), out.len);
    buf_free(&out);
    return copy;
}

bool userinfo_is_secret(const struct userinfo *u)
{
    return u->user_len != u->password_len || memcmp(u->user, u->password, u->user_len) != 0;
}

const char *userinfo_name(struct arena *a, const struct userinfo *u)
{
    return arena_printf(a, "the password of %.*s", (int)u->user_len, u->user);
}

static int digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

const char *userinfo_password(struct arena *a, const struct userinfo *u)
{
    char *out = arena_copy(a, u->password, u->password_len), *to = out;
    for (const char *p = out; *p; p++) {
        bool escape = *p == '%' && isxdigit((unsigned char)p[1]) && isxdigit((unsigned char)p[2]);
        char c = escape ? (char)(digit(p[1]) << 4 | digit(p[2])) : *p;
        p += escape ? 2 : 0;
        *to++ = c ? c : '?';
    }
    *to = '\0';
    return out;
}
