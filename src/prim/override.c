#include "prim/override.h"

#include <ctype.h>
#include <string.h>

#include "engine/subject.h"

enum { LONGEST_NAME = 100 }; // a field with a longer one may be a whole body

// Servers that hand headers on as variables take '_' for '-'.
static bool is_same(const char *name, const char *header)
{
    while (*name && (*name == '_' ? '-' : tolower((unsigned char)*name)) == *header)
        name++, header++;
    return *name == '\0' && *header == '\0';
}

static bool is_header(const char *name)
{
    return is_same(name, "x-http-method-override") || is_same(name, "x-http-method") ||
           is_same(name, "x-method-override");
}

// PHP passes over blanks before a name, and takes '.' for '_'.
static bool is_field(const char *name)
{
    name += strspn(name, " +");
    return (*name == '_' || *name == '.') && strcmp(name + 1, "method") == 0;
}

static void add(struct arena *a, struct value *methods, const char *text)
{
    text += strspn(text, " \t");
    char *method = arena_copy(a, text, strcspn(text, " \t"));
    for (char *p = method; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    value_push(a, methods, value_string(a, method));
}

// Fields as a form or a URL has them: a=1&b=2, which older servers also part by ';'.
static void add_fields(struct arena *a, struct value *methods, const char *text)
{
    for (const char *end = text + strlen(text); text < end;) {
        size_t len = strcspn(text, "&;"), name = strcspn(text, "=&;");
        size_t from = name < len ? name + 1 : len;
        if (name <= LONGEST_NAME && is_field(subject_unescape(a, arena_copy(a, text, name))))
            add(a, methods, subject_unescape(a, arena_copy(a, text + from, len - from)));
        text += len + 1;
    }
}

static void add_members(struct arena *a, struct value *methods, const struct value *v,
                        bool (*names)(const char *))
{
    for (size_t i = 0; v && v->type == VALUE_OBJECT && i < v->object.count; i++)
        if (names(v->object.members[i].key))
            add(a, methods, value_text(v->object.members[i].value));
}

const struct value *override_methods(struct effect *e)
{
    struct arena *a = &e->arena;
    struct value *methods = value_array(a);
    const char *query = strchr(value_get_text(e->args, "url"), '?');
    const char *body = value_get_text(e->args, "body");
    add_members(a, methods, value_get(e->args, "headers"), is_header);
    if (query)
        add_fields(a, methods, arena_copy(a, query + 1, strcspn(query + 1, "#")));
    if (value_get(e->args, "json"))
        add_members(a, methods, value_get(e->args, "json"), is_field);
    else
        add_fields(a, methods, body);
    return methods;
}
