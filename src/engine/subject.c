#include "engine/subject.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "engine/rule.h"
#include "net/address.h"
#include "net/fetch_url.h"
#include "net/program.h"

const char *subject_host(struct arena *a, const char *host, bool *address)
{
    char plain[ADDRESS_TEXT];
    *address = address_read(host, plain);
    if (*address)
        return arena_dup(a, plain);
    char *name = arena_dup(a, host);
    size_t len = strlen(name);
    if (len > 1 && name[len - 1] == '.')
        name[len - 1] = '\0';
    for (char *p = name; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return name;
}

bool subject_endpoint(struct arena *a, const char *text, const char **host, int *port)
{
    const char *close = *text == '[' ? strchr(text, ']') : NULL, *colon = strrchr(text, ':');
    if (close && close[1] != ':')
        colon = NULL;
    bool bare6 = !close && colon && strchr(text, ':') != colon;
    if (bare6)
        colon = NULL;
    *port = 0;
    *host = arena_copy(a, text, colon ? (size_t)(colon - text) : strlen(text));
    if (!colon)
        return **host && (!close || close[1] == '\0');
    char *end;
    long n = strtol(colon + 1, &end, 10);
    *port = strcmp(colon + 1, "*") == 0 ? -1 : (int)n;
    return **host && (*port == -1 || (*end == '\0' && n > 0 && n < 65536));
}

const char *subject_file(struct arena *a, const char *path)
{
    char real[PATH_MAX];
    return realpath(path, real) ? arena_dup(a, real) : subject_place(a, path);
}

const char *subject_place(struct arena *a, const char *path)
{
    char real[PATH_MAX];
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *folder = slash == path ? "/"
                         : slash       ? arena_copy(a, path, (size_t)(slash - path))
                                       : ".";
    if (strcmp(name, "..") == 0 || strcmp(name, ".") == 0 || !realpath(folder, real))
        return arena_dup(a, path); // no such folder: nothing can be there
    return arena_printf(a, "%s/%s", strcmp(real, "/") == 0 ? "" : real, name);
}

static unsigned hex(char c)
{
    return isdigit((unsigned char)c) ? (unsigned)(c - '0')
                                     : (unsigned)(tolower((unsigned char)c) - 'a' + 10);
}

const char *subject_unescape(struct arena *a, const char *text)
{
    char *out = arena_dup(a, text), *to = out;
    for (const char *p = text; *p; p++) {
        bool escape = *p == '%' && isxdigit((unsigned char)p[1]) && isxdigit((unsigned char)p[2]);
        char c = escape ? (char)(hex(p[1]) << 4 | hex(p[2])) : *p;
        p += escape ? 2 : 0;
        *to++ = c ? c : '?';
    }
    *to = '\0';
    return out;
}

// Without dot segments and doubled slashes. To some servers a backslash is a slash, and what
// follows a semicolon is no part of the name.
static const char *straighten(struct arena *a, const char *path)
{
    char *out = arena_alloc(a, strlen(path) + 2), *to = out;
    while (*path) {
        path += strspn(path, "/\\");
        size_t len = strcspn(path, "/\\"), name = strcspn(path, "/\\;");
        bool last = path[len] == '\0';
        if (name == 2 && memcmp(path, "..", 2) == 0) {
            while (to > out && *--to != '/') {
            }
        } else if (len && !(name == 1 && *path == '.')) {
            *to++ = '/';
            memcpy(to, path, len);
            to += len;
        }
        path += len;
        if (last && (len == 0 || (len <= 2 && path[-1] == '.')))
            *to++ = '/';
    }
    *to = '\0';
    return to == out ? "/" : out;
}

static bool read_paths(struct arena *a, const char *url, struct subject *s, struct error *err)
{
    const char *path = strstr(url, "://");
    path = path ? path + 3 + strcspn(path + 3, "/?#") : url;
    const char *text = arena_copy(a, path, strcspn(path, "?#"));
    s->path = straighten(a, text);
    for (s->readings = 0; s->readings < SUBJECT_READINGS;) {
        const char *plainer = subject_unescape(a, text);
        if (s->readings && strcmp(plainer, text) == 0)
            return true;
        s->paths[s->readings++] = straighten(a, plainer);
        text = plainer;
    }
    return error_set(err, "the path of %s is escaped within an escape too many times", url);
}

static bool read_url(struct arena *a, struct subject *s, struct error *err)
{
    struct url url;
    if (strchr(s->need->what, '\\')) // which some take for a slash, and others do not
        return error_set(err, "there is a backslash in the address %s", s->need->what);
    if (!url_parse(&url, a, s->need->what, err))
        return false;
    for (const char *p = url.host; *p; p++)
        if ((unsigned char)*p >= 0x80)
            return error_set(err, "write the host of %s in its ASCII form, xn--...", url.text);
    s->scheme = url.secure ? "https" : "http";
    s->host = subject_host(a, url.host, &s->address);
    s->port = url.port;
    return read_paths(a, url.text, s, err);
}

static bool read_endpoint(struct arena *a, struct subject *s, struct error *err)
{
    const char *host;
    if (!subject_endpoint(a, s->need->what, &host, &s->port))
        return error_set(err, "'%s' is no host or address", s->need->what);
    s->host = subject_host(a, host, &s->address);
    return true;
}

static void read_object(struct arena *a, struct subject *s)
{
    const char *what = s->need->what, *slash = strchr(what, '/');
    s->type = s->need->type;
    if (s->type == NULL)
        s->type = object_type_guess(a, slash ? arena_copy(a, what, (size_t)(slash - what)) : what);
    s->name = slash ? slash + 1 : NULL;
}

// The very file that would be run: neither a link, nor dots, nor another folder hides it.
static void read_program(struct arena *a, struct subject *s)
{
    char real[PATH_MAX];
    const char *name = value_text(value_at(s->need->words, 0)), *folder = s->need->place;
    const char *found = program_find(a, name, folder);
    if (found == NULL && strchr(name, '/') == NULL)
        return; // there is none
    const char *file = found ? found : name;
    s->loose = *file != '/';
    if (s->loose && folder)
        file = arena_printf(a, "%s/%s", folder, file);
    s->paths[s->readings++] = subject_place(a, file);
    if (realpath(file, real))
        s->paths[s->readings++] = arena_dup(a, real);
}

bool subject_read(struct arena *a, const struct need *need, struct subject *s, struct error *err)
{
    *s = (struct subject){.need = need};
    if (need->words)
        read_program(a, s);
    if (need->what == NULL || need->words)
        return true;
    switch (rule_shape(need->kind)) {
    case SHAPE_URL:
        return read_url(a, s, err);
    case SHAPE_ENDPOINT:
        return read_endpoint(a, s, err);
    case SHAPE_OBJECT:
        read_object(a, s);
        return true;
    case SHAPE_FILE:
        s->paths[s->readings++] = subject_file(a, need->what);
        return true;
    case SHAPE_HOST:
        s->host = subject_host(a, need->what, &s->address);
        return true;
    default:
        return true;
    }
}
