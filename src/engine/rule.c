#include "engine/rule.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const struct kind {
    const char *name;
    enum rule_shape shape;
    bool verbs;
} kinds[] = {
    {"http", SHAPE_URL, true},      {"metrics", SHAPE_URL, false},
    {"tls", SHAPE_ENDPOINT, false}, {"connect", SHAPE_ENDPOINT, false},
    {"dns", SHAPE_HOST, false},     {"k8s", SHAPE_OBJECT, true},
    {"exec", SHAPE_WORDS, false},   {"env", SHAPE_NAME, false},
    {"read", SHAPE_FILE, false},    {"write", SHAPE_FILE, false},
};
enum { KINDS = sizeof kinds / sizeof *kinds, MOST_WORDS = 64 };

struct line {
    struct arena *arena;
    const char *text;
    rule_fill *fill;
    void *arg;
    const char *words[MOST_WORDS + 1];
    int count, next;
    bool void_;
};

static const struct kind *kind_of(const char *name)
{
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

enum rule_shape rule_shape(const char *kind)
{
    const struct kind *k = kind_of(kind);
    return k ? k->shape : SHAPE_NONE;
}

// A word with its ${name}s replaced.
static const char *fill_word(struct line *l, const char *word)
{
    struct arena *a = l->arena;
    const char *out = "", *open, *close;
    while (l->fill && (open = strstr(word, "${")) && (close = strchr(open, '}'))) {
        const char *value = l->fill(l->arg, arena_copy(a, open + 2, (size_t)(close - open - 2)));
        l->void_ = l->void_ || !value || !*value;
        out = arena_printf(a, "%s%.*s%s", out, (int)(open - word), word, value ? value : "");
        word = close + 1;
    }
    return arena_printf(a, "%s%s", out, word);
}

static bool split(struct line *l, struct error *err)
{
    const char *p = l->text;
    while (*(p += strspn(p, " \t\r\n"))) {
        bool quoted = *p == '\'' || *p == '"';
        size_t len = quoted ? strcspn(p + 1, (char[]){*p, '\0'}) : strcspn(p, " \t\r\n");
        if ((quoted && p[len + 1] == '\0') || l->count == MOST_WORDS)
            return error_set(err, quoted ? "a quote is not closed" : "it has too many words");
        l->words[l->count++] = fill_word(l, arena_copy(l->arena, p + quoted, len));
        p += len + 2 * (size_t)quoted;
    }
    return l->count > 0 || error_set(err, "it is empty");
}

// Those of Kubernetes that this program has; "read" is all that reads.
static bool is_object_verb(const char *verb)
{
    static const char *const verbs[] = {"get",    "list",    "watch",         "logs",
                                        "read",   "create",  "patch",         "apply",
                                        "delete", "version", "api_resources", "can_i"};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(verbs[i], verb) == 0)
            return true;
    return false;
}

// "GET, POST" or "get,patch" or "*" or "any".
static bool read_verbs(struct line *l, struct rule *r, struct error *err)
{
    const char *all = "";
    bool more = true;
    for (; more && l->next < l->count; l->next++) {
        const char *word = l->words[l->next];
        all = arena_printf(l->arena, "%s%s", all, word);
        more = word[strlen(word) - 1 + !*word] == ',' ||
               (l->next + 1 < l->count && *l->words[l->next + 1] == ',');
    }
    if (strcmp(all, "*") == 0 || strcasecmp(all, "any") == 0)
        return true;
    r->verbs = arena_alloc(l->arena, (strlen(all) + 2) * sizeof *r->verbs);
    bool lower = strcmp(r->kind, "k8s") == 0;
    for (int i = 0; *all; all += strspn(all, ",")) {
        size_t len = strcspn(all, ",");
        char *verb = arena_copy(l->arena, all, len);
        for (char *p = verb; *p; p++) {
            if (!isalpha((unsigned char)*p) && *p != '_')
                return error_set(err, "'%.*s' is no verb; write them as in \"%s\"", (int)len, all,
                                 lower ? "k8s get, patch ingresses in prod"
                                       : "http GET, POST https://host");
            *p = (char)(lower ? tolower((unsigned char)*p) : toupper((unsigned char)*p));
        }
        if (lower && !is_object_verb(verb))
            return error_set(err,
                             "'%s' is no verb of k8s: those are get, list, watch, logs, read, "
                             "create, patch, apply and delete",
                             verb);
        r->verbs[i++] = verb;
        all += len;
    }
    return true;
}

static bool read_host(struct line *l, struct rule *r, const char *text, struct error *err)
{
    const char *host;
    bool open = strstr(text, "${") != NULL; // not filled in yet
    if (!open && (strpbrk(text, "@\\?#%/") || !subject_endpoint(l->arena, text, &host, &r->port)))
        return error_set(err, "'%s' is no host; write it as in \"shop.example\" or \"[::1]:8443\"",
                         text);
    if (!open && strcmp(host, "*") != 0)
        r->host = subject_host(l->arena, host, &r->address);
    return true;
}

static bool read_url(struct line *l, struct rule *r, const char *text, struct error *err)
{
    const char *rest = strstr(text, "://");
    if (strncmp(text, "${", 2) == 0)
        return true; // not filled in yet
    bool plain = strncmp(text, "http://", 7) == 0, secure = strncmp(text, "https://", 8) == 0;
    if (!rest || (!plain && !secure) || strpbrk(text, "?#\\"))
        return error_set(err, "'%s' is no address; write it as in \"https://shop.example/api/*\"",
                         text);
    rest += 3;
    r->scheme = secure ? "https" : "http";
    size_t len = strcspn(rest, "/");
    if (!read_host(l, r, arena_copy(l->arena, rest, len), err))
        return false;
    r->usual_port = r->port == 0;
    if (r->usual_port)
        r->port = secure ? 443 : 80;
    const char *path = rest + len;
    if (strstr(path, "/../") || strstr(path, "/./"))
        return error_set(err, "'%s' has dots in its path", text);
    path = subject_unescape(l->arena, path);
    char *out = arena_dup(l->arena, path), *to = out;
    for (const char *p = path; *p; p++)
        if (p == path || *p != '/' || p[-1] != '/')
            *to++ = *p;
    *to = '\0';
    if (*out && strcmp(out, "/") != 0)
        r->path = out;
    return true;
}

static bool read_object(struct line *l, struct rule *r, const char *text, struct error *err)
{
    char *type = arena_dup(l->arena, text), *name = strchr(type, '/'),
         *part = name ? strchr(name + 1, '/') : NULL;
    if (!*type || name == type || (name && (!name[1] || part == name + 1)) ||
        (part && (!part[1] || strchr(part + 1, '/'))))
        return error_set(err,
                         "'%s' is no type or object; write it as in \"ingresses\", "
                         "\"ingresses/canary\" or \"deployments/*/scale\"",
                         text);
    if (name)
        *name++ = '\0';
    if (part)
        *part++ = '\0';
    r->type = strcmp(type, "*") == 0 ? NULL : type;
    r->name = name;
    r->part = part;
    if (l->next == l->count)
        return true;
    if (strcmp(l->words[l->next++], "in") != 0 || l->next == l->count)
        return error_set(err, "after the type there can be a namespace: \"k8s get pods in prod\"");
    r->place = l->words[l->next++];
    if (strcmp(r->place, "*") == 0)
        r->place = NULL;
    return true;
}

// Absolute, as far as its folder is said without a `*`.
static const char *file_pattern(struct arena *a, const char *text)
{
    const char *star = strchr(text, '*');
    if (!star)
        return subject_file(a, text);
    size_t len = (size_t)(star - text);
    while (len && text[len - 1] != '/')
        len--;
    const char *folder = len > 1 ? arena_copy(a, text, len - 1) : len ? "/" : ".";
    folder = subject_file(a, folder);
    return arena_printf(a, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, text + len);
}

// The same of a program: one without a `*` is meant where it stands, whatever it leads to.
static const char *program_pattern(struct arena *a, const char *text)
{
    return strchr(text, '*') ? file_pattern(a, text) : subject_place(a, text);
}

static bool read_target(struct line *l, struct rule *r, enum rule_shape shape, struct error *err)
{
    if (l->next == l->count)
        return error_set(err, "it does not say what of %s", r->kind);
    if (shape == SHAPE_WORDS) {
        r->words = arena_alloc(l->arena, (size_t)(l->count + 1) * sizeof *r->words);
        for (int i = 0; l->next < l->count; i++)
            r->words[i] = l->words[l->next++];
        if (strchr(r->words[0], '/'))
            r->program = program_pattern(l->arena, r->words[0]);
        return true;
    }
    const char *text = l->words[l->next++];
    r->what = text;
    bool any = strcmp(text, "*") == 0;
    bool ok = true;
    if (shape == SHAPE_OBJECT)
        ok = read_object(l, r, text, err);
    else if (any)
        r->port = -1;
    else if (shape == SHAPE_URL)
        ok = read_url(l, r, text, err);
    else if (shape == SHAPE_ENDPOINT)
        ok = read_host(l, r, text, err);
    else if (shape == SHAPE_HOST)
        r->host = subject_host(l->arena, text, &r->address);
    else if (shape == SHAPE_FILE)
        r->what = file_pattern(l->arena, text);
    bool reaches = shape == SHAPE_URL || shape == SHAPE_ENDPOINT;
    if (ok && reaches && l->next < l->count && strcmp(l->words[l->next], "public") == 0) {
        r->public = true;
        l->next++;
    }
    return ok &&
           (l->next == l->count || error_set(err, "'%s' has no meaning there", l->words[l->next]));
}

bool rule_read(struct arena *a, const char *text, rule_fill *fill, void *arg, struct rule *r,
               struct error *err)
{
    struct line l = {.arena = a, .text = text, .fill = fill, .arg = arg};
    error_local(why);
    *r = (struct rule){.text = arena_dup(a, text)};
    if (!split(&l, &why) || l.count == 0)
        return error_set(err, "\"%s\" is no rule: %s", text, error_text(&why));
    r->void_ = l.void_;
    r->kind = l.words[l.next++];
    if (strcmp(r->kind, "*") == 0 && l.count == 1)
        return true;
    const struct kind *k = kind_of(r->kind);
    if (!k)
        return error_set(err,
                         "\"%s\" is no rule: it begins with http, metrics, tls, connect, dns, "
                         "k8s, exec, env, read or write",
                         text);
    if (r->void_)
        return true;
    return ((!k->verbs || read_verbs(&l, r, &why)) && read_target(&l, r, k->shape, &why)) ||
           error_set(err, "\"%s\" is no rule: %s", text, error_text(&why));
}
