#include "prim/seen.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "engine/failure.h"
#include "net/fetch_url.h"
#include "prim/header.h"
#include "prim/override.h"

enum { MOST = 8 }; // hosts, paths and methods beside the request's own

// What servers, frameworks and proxies take for the host that is asked, beside Host itself.
static const char *const hosts[] = {
    "x-forwarded-host",     "x-forwarded-server",    "x-host",
    "x-http-host-override", "x-original-host",       "x-original-forwarded-host",
    "x-rewrite-host",       "x-envoy-original-host", "x-real-host",
    "x-backend-host",       "disguised-host",        NULL};
// For the path that is asked. WebDAV's MOVE and COPY write to their Destination, and a rename takes
// its source away.
static const char *const paths[] = {"x-original-url",
                                    "x-original-uri",
                                    "x-original-path",
                                    "x-rewrite-url",
                                    "x-rewrite-uri",
                                    "x-rewrite-path",
                                    "x-override-url",
                                    "x-forwarded-uri",
                                    "x-forwarded-url",
                                    "x-forwarded-path",
                                    "x-envoy-original-path",
                                    "x-http-destinationurl",
                                    "x-waws-unencoded-url",
                                    "request-uri",
                                    "x-request-uri",
                                    "destination",
                                    "x-ms-rename-source",
                                    "x-amz-rename-source",
                                    NULL};
// For a part of the path that stands before it.
static const char *const prefixes[] = {"x-forwarded-prefix", "x-script-name", "script-name", NULL};
// For an object that is read into another one.
static const char *const sources[] = {"x-amz-copy-source",
                                      "x-goog-copy-source",
                                      "x-ms-copy-source",
                                      "x-oss-copy-source",
                                      "x-cos-copy-source",
                                      "x-obs-copy-source",
                                      NULL};

// A URL as "https://", "host:port" and "/path?query".
struct place {
    const char *scheme, *host, *path;
};

struct seen {
    struct effect *effect;
    struct place own;
    struct value *hosts, *paths, *sources;
};

static bool is_url(const char *text)
{
    return strncasecmp(text, "http://", 7) == 0 || strncasecmp(text, "https://", 8) == 0;
}

static struct place place_of(struct arena *a, const char *url)
{
    size_t scheme = (size_t)(strstr(url, "://") - url) + 3;
    size_t host = strcspn(url + scheme, "/?#");
    const char *path = url + scheme + host;
    return (struct place){arena_copy(a, url, scheme), arena_copy(a, url + scheme, host),
                          arena_copy(a, path, strcspn(path, "#"))};
}

// A path is taken as it stands: who reads it out of a header need not stop at a fragment or blank.
static const char *literal(struct arena *a, const char *path)
{
    const char *out = "";
    for (size_t len; *path; path += len + (path[len] != '\0')) {
        len = strcspn(path, "# \t");
        const char *sign = path[len] == '#' ? "%23" : path[len] ? "%20" : "";
        out = arena_printf(a, "%s%.*s%s", out, (int)len, path, sign);
    }
    return out;
}

static void add(struct arena *a, struct value *list, const char *text)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (strcmp(value_text(value_at(list, i)), text) == 0)
            return;
    value_push(a, list, value_string(a, text));
}

static void add_path(struct seen *s, struct value *list, const char *text)
{
    struct arena *a = &s->effect->arena;
    if (is_url(text)) { // of which a server may take the host, too
        struct place place = place_of(a, text);
        add(a, s->hosts, place.host);
        text = place.path;
    }
    add(a, list, arena_printf(a, "%s%s", *text == '/' ? "" : "/", literal(a, text)));
}

// The path below the prefix, and what is left of it where it begins with that.
static void add_prefix(struct seen *s, const char *text)
{
    struct arena *a = &s->effect->arena;
    size_t len = strlen(text);
    while (len && text[len - 1] == '/')
        len--;
    const char *own = s->own.path, *prefix = arena_copy(a, text, len);
    prefix = arena_printf(a, "%s%s", *prefix == '/' ? "" : "/", literal(a, prefix));
    add(a, s->paths, arena_printf(a, "%s%s%s", prefix, *own == '/' ? "" : "/", own));
    len = strlen(prefix);
    if (strncmp(own, prefix, len) == 0)
        add(a, s->paths, arena_printf(a, "%s%s", own[len] == '/' ? "" : "/", own + len));
}

// Calls fn with the whole text and, of a list, with each of its items.
static void each_item(struct seen *s, const char *text, void fn(struct seen *, const char *))
{
    struct arena *a = &s->effect->arena;
    const char *rest = strchr(text, ',') ? text : "";
    fn(s, text);
    while (*rest) {
        rest += strspn(rest, ", \t");
        size_t len = strcspn(rest, ","), used = len;
        while (used && strchr(" \t", rest[used - 1]))
            used--;
        if (used)
            fn(s, arena_copy(a, rest, used));
        rest += len;
    }
}

static void add_own_path(struct seen *s, const char *text)
{
    add_path(s, s->paths, text);
}

static void add_host(struct seen *s, const char *text)
{
    if (!strchr(text, ','))
        add(&s->effect->arena, s->hosts, text);
}

// RFC 7239: for=1.2.3.4;host="shop.test:8080", host=other.test
static void add_forwarded(struct seen *s, const char *text)
{
    struct arena *a = &s->effect->arena;
    while ((text = strcasestr(text, "host"))) {
        text += strlen("host");
        text += strspn(text, " \t");
        if (*text != '=')
            continue;
        text += 1 + strspn(text + 1, " \t");
        bool quote = *text == '"';
        size_t len = strcspn(text + quote, quote ? "\"" : ";, \t");
        char *host = arena_copy(a, text + quote, len), *to = host;
        for (const char *p = host; *p; p++)
            if (*p != '\\')
                *to++ = *p;
        *to = '\0';
        add(a, s->hosts, host);
    }
}

static void add_header(struct seen *s, const char *name, const char *text)
{
    if (header_is(name, "host")) // of which there is no list
        add(&s->effect->arena, s->hosts, text);
    else if (header_is_any(name, hosts))
        each_item(s, text, add_host);
    else if (header_is(name, "forwarded"))
        add_forwarded(s, text);
    else if (header_is_any(name, paths))
        each_item(s, text, add_own_path);
    else if (header_is_any(name, prefixes))
        each_item(s, text, add_prefix);
    else if (header_is_any(name, sources))
        add_path(s, s->sources, text);
}

// Reads what the headers make of the URL. They do not go to another origin.
static void read(struct seen *s, struct effect *e, const char *url)
{
    struct arena *a = &e->arena;
    const struct value *headers = value_get(e->args, "headers");
    struct url own, asked;
    error_local(err);
    *s = (struct seen){e, place_of(a, url), value_array(a), value_array(a), value_array(a)};
    add(a, s->hosts, s->own.host);
    add(a, s->paths, s->own.path);
    bool elsewhere = url_parse(&own, a, value_get_text(e->args, "url"), &err) &&
                     url_parse(&asked, a, url, &err) && !url_same_origin(&own, &asked);
    for (size_t i = 0; i < value_count(headers) && !elsewhere; i++) {
        const struct value_member *m = &headers->object.members[i];
        add_header(s, m->key, header_text(a, m->value));
    }
}

static bool is_host(const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)text[i]) && !strchr("-._:[]", text[i]))
            return false;
    return len > 0;
}

void seen_check(lua_State *L, struct effect *e)
{
    struct seen s;
    read(&s, e, value_get_text(e->args, "url"));
    for (size_t i = 1; i < value_count(s.hosts); i++)
        if (!is_host(value_text(value_at(s.hosts, i))))
            failure_raise(L, FAILURE_USAGE,
                          "'%s' in a header that names a host is none; write it as in "
                          "\"shop.example\" or \"shop.example:8443\"",
                          value_text(value_at(s.hosts, i)));
    size_t methods = value_count(override_methods(e, value_get_text(e->args, "url")));
    if (value_count(s.hosts) > MOST || value_count(s.paths) > MOST ||
        value_count(s.sources) > MOST || methods > MOST)
        failure_raise(L, FAILURE_USAGE,
                      "the request names more than %d hosts, paths or methods beside its own; "
                      "make several of it",
                      MOST - 1);
}

static void need_places(struct seen *s, const char *kind, const char *method,
                        const struct value *at)
{
    struct effect *e = s->effect;
    for (size_t i = 0; i < value_count(s->hosts); i++)
        for (size_t j = 0; j < value_count(at); j++)
            need_add(e, kind, method,
                     arena_printf(&e->arena, "%s%s%s", s->own.scheme,
                                  value_text(value_at(s->hosts, i)), value_text(value_at(at, j))),
                     NULL);
}

void seen_needs(struct effect *e, const char *kind, const char *method, const char *url)
{
    struct seen s;
    struct value *methods = value_array(&e->arena);
    const struct value *others = method ? override_methods(e, url) : NULL;
    read(&s, e, url);
    value_push(&e->arena, methods, value_string(&e->arena, method));
    for (size_t i = 0; i < value_count(others); i++)
        add(&e->arena, methods, value_text(value_at(others, i)));
    for (size_t i = 0; i < value_count(methods); i++)
        need_places(&s, kind, method ? value_text(value_at(methods, i)) : NULL, s.paths);
    need_places(&s, kind, method ? "GET" : NULL, s.sources);
}

const char *seen_path(const struct effect *e)
{
    const struct value *headers = value_get(e->args, "headers");
    for (size_t i = 0; i < value_count(headers); i++) {
        const char *name = headers->object.members[i].key;
        if (header_is_any(name, paths) || header_is_any(name, prefixes) ||
            header_is_any(name, sources))
            return name;
    }
    return NULL;
}
