#include "cli/naming.h"

#include <string.h>

#include "engine/subject.h"

enum { SHORTEST_PLAIN = 3 };

// What stands for a text: a parameter, or "*" when `name` is NULL.
struct choice {
    const char *name;
    const char *all; // the names of those that it may have been, when it cannot be told; or NULL
};

static bool is_secret(const struct naming *n, const char *name)
{
    return strcmp(value_get_text(value_get(n->declared, name), "type"), "secret") == 0;
}

// Is the text the value of that parameter?
static bool is_value(const struct naming *n, const char *name, const char *text, size_t len)
{
    const struct value *v = value_get(n->texts, name);
    return v && v->string.len == len && memcmp(v->string.text, text, len) == 0;
}

// Of the parameters with that value, in the order of their names; of those alone that were asked
// for if any was.
static struct choice choose(const struct naming *n, struct arena *a, const char *text, size_t len)
{
    struct choice c = {0};
    bool any_used = false;
    for (size_t i = 0; i < value_count(n->declared); i++) {
        const char *name = n->declared->object.members[i].key;
        any_used = any_used || (is_value(n, name, text, len) && value_get(n->used, name));
    }
    for (size_t i = 0; i < value_count(n->declared); i++) {
        const char *name = n->declared->object.members[i].key;
        if (!is_value(n, name, text, len) || (any_used && !value_get(n->used, name)))
            continue;
        if (c.name)
            c.all = arena_printf(a, "%s or %s", c.all ? c.all : c.name, name);
        if (c.name == NULL || (is_secret(n, c.name) && !is_secret(n, name)))
            c.name = name;
    }
    return c;
}

static void note_doubt(struct arena *a, const char **doubt, const char *names)
{
    if (names && (*doubt == NULL || strstr(*doubt, names) == NULL))
        *doubt = *doubt ? arena_printf(a, "%s, %s", *doubt, names) : names;
}

// Does a rule with the value in this place read as the text does? Not where the value has a
// meaning of its own there, or stands in base64 or hex.
static bool reads_alike(struct arena *a, const struct secret *s, const char *at, size_t len,
                        enum rule_shape shape)
{
    if (shape != SHAPE_URL)
        return len == s->len && memcmp(at, s->bytes, len) == 0;
    return strcspn(s->bytes, "?#\\%*") == s->len &&
           strcmp(subject_unescape(a, arena_copy(a, at, len)), s->bytes) == 0;
}

static const char *put_literal(struct arena *a, const char *out, const char *text, size_t len,
                               enum rule_shape shape)
{
    const char *piece = arena_copy(a, text, len);
    return arena_printf(a, "%s%s", out, shape == SHAPE_WORDS ? rule_literal(a, piece) : piece);
}

const char *naming_secrets(const struct naming *n, struct arena *a, const char *text,
                           enum rule_shape shape, const char **doubt)
{
    const char *out = "", *before = "", *covered = text;
    struct finds finds = redact_finds(n->secrets, text, strlen(text));
    bool any = false; // that within a word stands for no slash
    for (size_t i = 0; i < finds.count; i++) {
        const struct secret *s = redact_at(n->secrets, finds.items[i].id);
        const char *at = text + finds.items[i].from, *end = text + finds.items[i].to;
        bool overlaps = at < covered;
        if (end <= covered)
            continue;
        if (!overlaps)
            before = put_literal(a, out, covered, (size_t)(at - covered), shape);
        struct choice c = {0};
        if (!overlaps && reads_alike(a, s, at, (size_t)(end - at), shape))
            c = choose(n, a, s->bytes, s->len);
        covered = end;
        out = c.name ? arena_printf(a, "%s${%s}", before, c.name) : arena_printf(a, "%s*", before);
        note_doubt(a, doubt, c.all);
        any = any || (c.name == NULL && shape == SHAPE_WORDS && strchr(s->bytes, '/'));
    }
    finds_free(&finds);
    return any ? "*" : put_literal(a, out, covered, strlen(covered), shape);
}

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// Where the value stands for itself next; NULL: nowhere.
static const char *find(const char *text, const char *value)
{
    size_t len = strlen(value);
    for (const char *at = strstr(text, value); at; at = strstr(at + 1, value)) {
        bool begins = at == text || !is_word(at[-1]) || !is_word(*value);
        bool ends = !is_word(at[len]) || !is_word(value[len - 1]);
        bool inside = at > text && (at[-1] == '{' || at[len] == '}');
        if (begins && ends && !inside)
            return at;
    }
    return NULL;
}

static const char *replace(struct arena *a, const char *text, const char *value, const char *by)
{
    const char *at = find(text, value);
    return at ? arena_printf(a, "%.*s%s%s", (int)(at - text), text, by,
                             replace(a, at + strlen(value), value, by))
              : text;
}

static const char *name_one(const struct naming *n, struct arena *a, const char *text,
                            const struct value_member *m, const char **doubt)
{
    const char *value = value_text(m->value),
               *type = value_get_text(value_get(n->declared, m->key), "type");
    bool whole = value[strcspn(value, " \t\n")] == '\0';
    if (strcmp(type, "string") != 0 || !whole || !find(text, value))
        return text;
    struct choice c = choose(n, a, value, strlen(value));
    note_doubt(a, doubt, c.all);
    return c.all ? text : replace(a, text, value, arena_printf(a, "${%s}", c.name));
}

const char *naming_plain(const struct naming *n, struct arena *a, const char *text,
                         const char **doubt)
{
    for (size_t len = strlen(text); len >= SHORTEST_PLAIN; len--) // the longest first
        for (size_t i = 0; i < value_count(n->texts); i++) {
            const struct value_member *m = &n->texts->object.members[i];
            if (m->value->string.len == len)
                text = name_one(n, a, text, m, doubt);
        }
    return replace(a, text, n->run, "*");
}
