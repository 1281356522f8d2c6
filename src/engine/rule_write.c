// The rule that just covers a subject, as a line.
#include <string.h>

#include "engine/rule.h"

static const char *origin(struct arena *a, const struct subject *s)
{
    bool usual = s->port == (strcmp(s->scheme, "https") == 0 ? 443 : 80);
    const char *host = strchr(s->host, ':') ? arena_printf(a, "[%s]", s->host) : s->host;
    return usual ? arena_printf(a, "%s://%s", s->scheme, host)
                 : arena_printf(a, "%s://%s:%d", s->scheme, host, s->port);
}

const char *rule_literal(struct arena *a, const char *text)
{
    char *out = arena_dup(a, text);
    for (char *p = out; *p; p++)
        if ((*p == '$' && p[1] == '{') || ((unsigned char)*p < ' ' && *p != '\n' && *p != '\t'))
            *p = '*';
    return out;
}

const char *rule_quote(struct arena *a, const char *word)
{
    char *text = arena_dup(a, word);
    bool single = strchr(text, '\'') != NULL, both = single && strchr(text, '"');
    for (char *p = text; both && *p; p++)
        if (*p == '"')
            *p = '*';
    const char *quote = *text && !strpbrk(text, " \t\r\n'\"") ? "" : single ? "\"" : "'";
    return arena_printf(a, "%s%s%s", quote, text, quote);
}

// Of a program that is named by its folder, seen from ours.
static const char *program_line(struct arena *a, const struct subject *s)
{
    const char *name = value_text(value_at(s->need->words, 0)), *folder = s->need->place;
    if (s->loose && !strchr(name, '/') && s->readings)
        return s->paths[0];
    bool moved = folder && *name != '/' && strchr(name, '/');
    return moved ? arena_printf(a, "%s/%s", folder, name) : name;
}

static struct value *command_words(struct arena *a, const struct subject *s)
{
    struct value *words = value_array(a);
    value_push(a, words, value_string(a, program_line(a, s)));
    for (size_t i = 1; i < value_count(s->need->words); i++)
        value_push(a, words, value_copy(a, value_at(s->need->words, i)));
    return words;
}

static const char *command_line(struct arena *a, const struct value *words)
{
    const char *line = "";
    for (size_t i = 0; i < value_count(words); i++) {
        const char *word = rule_literal(a, value_text(value_at(words, i)));
        line = arena_printf(a, "%s%s%s", line, i ? " " : "", rule_quote(a, word));
    }
    return line;
}

static const char *object_line(struct arena *a, const struct subject *s)
{
    const char *type = object_type_words(a, s->type), *part = s->need->part;
    if (part == NULL)
        return s->name ? arena_printf(a, "%s/%s", type, s->name) : type;
    return arena_printf(a, "%s/%s/%s", type, s->name ? s->name : "*", part);
}

static const char *what_of(struct arena *a, const struct subject *s)
{
    const struct need *n = s->need;
    switch (rule_shape(n->kind)) {
    case SHAPE_URL: // metrics have paths of their own
        return n->verb ? arena_printf(a, "%s%s", origin(a, s), s->path) : origin(a, s);
    case SHAPE_OBJECT:
        return n->what ? object_line(a, s) : "*";
    case SHAPE_WORDS:
        return command_line(a, command_words(a, s));
    default:
        return n->what;
    }
}

struct value *rule_parts(struct arena *a, const struct subject *s)
{
    const struct need *n = s->need;
    struct value *parts = value_object(a);
    bool nowhere = n->place && strcmp(n->place, "*") == 0;
    if (s->type && s->type->scope == SCOPE_CLUSTER)
        nowhere = true;
    value_set(a, parts, "kind", value_string(a, n->kind));
    if (n->verb)
        value_set(a, parts, "verb", value_string(a, n->verb));
    value_set(a, parts, "what", value_string(a, what_of(a, s)));
    if (n->words)
        value_set(a, parts, "words", command_words(a, s));
    if (n->place && n->what && !n->words && !nowhere)
        value_set(a, parts, "place", value_string(a, n->place));
    return parts;
}

const char *rule_line(struct arena *a, const struct value *parts)
{
    const char *verb = value_get_text(parts, "verb"), *place = value_get_text(parts, "place");
    return arena_printf(a, "%s %s%s%s%s%s", value_get_text(parts, "kind"), verb, *verb ? " " : "",
                        value_get_text(parts, "what"), *place ? " in " : "", place);
}
