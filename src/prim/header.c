#include "prim/header.h"

#include <ctype.h>
#include <string.h>

#include "engine/failure.h"

// RFC 9110, 7.6.1 and 10.1.1; RFC 9112, 6; and `Proxy`, of which CGI makes the variable HTTP_PROXY.
static const char *const own[] = {
    "content-length", "transfer-encoding", "connection", "upgrade",        "te",    "trailer",
    "trailers",       "keep-alive",        "expect",     "http2-settings", "proxy", NULL};

static int plain(char c)
{
    return isalnum((unsigned char)c) || c == '\0' ? tolower((unsigned char)c) : '-';
}

// As many of its first letters as `known` has.
static bool begins(const char *name, const char *known)
{
    while (*known && plain(*name) == *known)
        name++, known++;
    return *known == '\0';
}

bool header_is(const char *name, const char *known)
{
    return strlen(name) == strlen(known) && begins(name, known);
}

bool header_is_any(const char *name, const char *const *known)
{
    while (*known && !header_is(name, *known))
        known++;
    return *known != NULL;
}

const char *header_text(struct arena *a, const struct value *v)
{
    return v->type == VALUE_INT ? arena_printf(a, "%lld", (long long)v->integer) : value_text(v);
}

static bool is_name(const struct value_member *m)
{
    for (size_t i = 0; i < m->key_len; i++)
        if (!isalnum((unsigned char)m->key[i]) &&
            (m->key[i] == '\0' || !strchr("!#$%&'*+-.^_`|~", m->key[i])))
            return false;
    return m->key_len > 0;
}

// Tabs are fine, every other control character is not.
static bool is_line(const struct value *v)
{
    for (size_t i = 0; v->type == VALUE_STRING && i < v->string.len; i++)
        if (iscntrl((unsigned char)v->string.text[i]) && v->string.text[i] != '\t')
            return false;
    return v->type == VALUE_STRING || v->type == VALUE_INT;
}

void header_check(lua_State *L, const struct effect *e)
{
    const struct value *headers = value_get(e->args, "headers");
    for (size_t i = 0; headers && i < headers->object.count; i++) {
        const struct value_member *m = &headers->object.members[i];
        if (!is_name(m) || !is_line(m->value))
            failure_raise(L, FAILURE_USAGE,
                          "the header '%s' must be one line of text, and its name without blanks",
                          m->key);
        if (header_is_any(m->key, own) || begins(m->key, "proxy-"))
            failure_raise(L, FAILURE_USAGE,
                          "the header '%s' cannot be given: where a request ends and how its "
                          "connection is used is the client's to say; leave it out",
                          m->key);
    }
}
