// Whether a rule covers a subject, and the rule that just covers it.
#include <string.h>

#include "engine/rule.h"

// Does the text fit the pattern, in which `*` stands for anything?
static bool fits(const char *pattern, const char *text)
{
    const char *star = NULL, *back = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            back = text;
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star;
            text = ++back;
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}

static bool fits_or_any(const char *pattern, const char *text)
{
    return pattern == NULL || (text && fits(pattern, text));
}

static bool verb_fits(const struct rule *r, const char *verb, bool every)
{
    bool reads = verb && (strcmp(verb, "get") == 0 || strcmp(verb, "list") == 0 ||
                          strcmp(verb, "watch") == 0 || strcmp(verb, "logs") == 0);
    if (r->verbs == NULL || verb == NULL)
        return true;
    if (strcmp(verb, NEED_ANY) == 0)
        return !every;
    for (const char **v = r->verbs; *v; v++)
        if (strcmp(*v, verb) == 0 || (reads && strcmp(*v, "read") == 0))
            return true;
    return false;
}

// A pattern of a name says nothing about addresses.
static bool host_fits(const struct rule *r, const struct subject *s)
{
    if (r->host == NULL)
        return true;
    return r->address == s->address &&
           (s->address ? strcmp(r->host, s->host) == 0 : fits(r->host, s->host));
}

static bool port_fits(const struct rule *r, const struct subject *s)
{
    return r->port <= 0 || s->port == 0 || r->port == s->port;
}

static bool path_fits(const char *pattern, const struct subject *s, bool every)
{
    int fitting = 0;
    for (int i = 0; i < s->readings; i++)
        fitting += fits(pattern, s->paths[i]);
    return every ? fitting == s->readings : fitting > 0;
}

// A program that is denied is denied in every folder.
static bool words_fit(const struct rule *r, const struct value *words, bool every)
{
    size_t count = value_count(words), i = 0;
    for (; r->words[i]; i++) {
        if (strcmp(r->words[i], "*") == 0 && r->words[i + 1] == NULL)
            return true;
        const char *word = value_text(value_at(words, i)), *slash = strrchr(word, '/');
        bool named = i == 0 && !every && slash && fits(r->words[i], slash + 1);
        if (i >= count || !(named || fits(r->words[i], word)))
            return false;
    }
    return i == count;
}

// All namespaces are more than one of them.
static bool place_fits(const struct rule *r, const struct need *n, bool every)
{
    if (r->place == NULL)
        return true;
    if (n->place == NULL)
        return !every;
    return strcmp(n->place, "*") == 0 ? !every : fits(r->place, n->place);
}

static bool object_fits(const struct rule *r, const struct subject *s, bool every)
{
    if (s->need->what == NULL) // a question about the cluster itself
        return every || (r->type == NULL && r->name == NULL);
    if (!fits_or_any(r->type, s->type) || !place_fits(r, s->need, every))
        return false;
    return r->name == NULL || (s->name ? fits(r->name, s->name) : !every);
}

bool rule_covers(const struct rule *r, const struct subject *s, bool every)
{
    if (r->void_)
        return false;
    if (strcmp(r->kind, "*") == 0)
        return true;
    if (strcmp(r->kind, s->need->kind) != 0)
        return false;
    bool any = r->what && strcmp(r->what, "*") == 0;
    switch (rule_shape(r->kind)) {
    case SHAPE_URL:
        return verb_fits(r, s->need->verb, every) &&
               (any || (fits_or_any(r->scheme, s->scheme) && host_fits(r, s) && port_fits(r, s) &&
                        (!r->path || path_fits(r->path, s, every))));
    case SHAPE_ENDPOINT:
    case SHAPE_HOST:
        return any || (host_fits(r, s) && port_fits(r, s));
    case SHAPE_OBJECT:
        return (s->need->what == NULL || verb_fits(r, s->need->verb, every)) &&
               object_fits(r, s, every);
    case SHAPE_FILE:
        return any || (r->what && path_fits(r->what, s, every));
    case SHAPE_WORDS:
        return words_fit(r, s->need->words, every);
    default:
        return any || (r->what && fits(r->what, s->need->what));
    }
}

static const char *origin(struct arena *a, const struct subject *s)
{
    bool usual = s->port == (strcmp(s->scheme, "https") == 0 ? 443 : 80);
    const char *host = strchr(s->host, ':') ? arena_printf(a, "[%s]", s->host) : s->host;
    return usual ? arena_printf(a, "%s://%s", s->scheme, host)
                 : arena_printf(a, "%s://%s:%d", s->scheme, host, s->port);
}

static const char *command_line(struct arena *a, const struct value *words)
{
    const char *line = "";
    for (size_t i = 0; i < value_count(words); i++) {
        const char *word = value_text(value_at(words, i));
        const char *quote = *word && !strpbrk(word, " \t\r\n'\"") ? ""
                            : strchr(word, '\'')                  ? "\""
                                                                  : "'";
        line = arena_printf(a, "%s%s%s%s%s", line, i ? " " : "", quote, word, quote);
    }
    return line;
}

static const char *plural(struct arena *a, const char *type)
{
    size_t len = strlen(type);
    if (len > 1 && type[len - 1] == 'y' && !strchr("aeiou", type[len - 2]))
        return arena_printf(a, "%.*sies", (int)len - 1, type);
    return arena_printf(a, "%s%s", type, len && type[len - 1] == 's' ? "es" : "s");
}

static const char *what_of(struct arena *a, const struct subject *s)
{
    const struct need *n = s->need;
    switch (rule_shape(n->kind)) {
    case SHAPE_URL: // metrics have paths of their own
        return n->verb ? arena_printf(a, "%s%s", origin(a, s), s->path) : origin(a, s);
    case SHAPE_OBJECT:
        if (n->what == NULL)
            return "*";
        return s->name ? arena_printf(a, "%s/%s", plural(a, s->type), s->name) : plural(a, s->type);
    case SHAPE_WORDS:
        return command_line(a, n->words);
    default:
        return n->what;
    }
}

struct value *rule_parts(struct arena *a, const struct subject *s)
{
    const struct need *n = s->need;
    struct value *parts = value_object(a);
    bool everywhere = n->place && strcmp(n->place, "*") == 0;
    value_set(a, parts, "kind", value_string(a, n->kind));
    if (n->verb)
        value_set(a, parts, "verb", value_string(a, n->verb));
    value_set(a, parts, "what", value_string(a, what_of(a, s)));
    if (n->place && n->what && !everywhere)
        value_set(a, parts, "place", value_string(a, n->place));
    return parts;
}

const char *rule_line(struct arena *a, const struct value *parts)
{
    const char *verb = value_get_text(parts, "verb"), *place = value_get_text(parts, "place");
    return arena_printf(a, "%s %s%s%s%s%s", value_get_text(parts, "kind"), verb, *verb ? " " : "",
                        value_get_text(parts, "what"), *place ? " in " : "", place);
}
