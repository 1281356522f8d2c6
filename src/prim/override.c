#include "prim/override.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "prim/fields.h"
#include "prim/header.h"

// The last three are those that a proxy asks another server by, whether it may.
static const char *const headers_naming[] = {"x-http-method-override",  "x-http-method",
                                             "x-method-override",       "http-method-override",
                                             "x-http-verb-override",    "x-original-method",
                                             "x-forwarded-method",      "x-rewrite-method",
                                             "x-envoy-original-method", NULL};

// PHP passes over blanks before a name, and takes '.' and ' ' for '_'; Slim writes it in capitals;
// to ASP.NET the header is a field as well.
static bool is_field(const char *name)
{
    static const char word[] = "method";
    name += strspn(name, " +\t\r\n");
    size_t marks = strspn(name, "_. $");
    const char *rest = name + marks + sizeof word - 1;
    return (marks && strncasecmp(name + marks, word, sizeof word - 1) == 0 &&
            (*rest == '\0' || *rest == '[')) || // PHP makes a list of "_method[]"
           header_is(name, "x-http-method-override");
}

struct asked {
    struct arena *arena;
    struct value *methods;
};

static void add(void *arg, const char *text)
{
    struct asked *asked = arg;
    text = text ? text : NEED_ANY;
    text += strspn(text, " \t+");
    char *method = arena_copy(asked->arena, text, strcspn(text, " \t+"));
    for (char *p = method; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    value_push(asked->arena, asked->methods, value_string(asked->arena, method));
}

// Is the charset that a Content-Type names one whose letters are those of ASCII?
static bool is_legible(const char *type)
{
    static const char *const known[] = {"utf-8",     "utf8",   "us-ascii",    "ascii",
                                        "iso-8859-", "latin1", "windows-125", NULL};
    const char *charset = strcasestr(type, "charset");
    if (charset == NULL)
        return true;
    charset += strcspn(charset, "=");
    charset += strspn(charset, "= \t\"'");
    for (size_t i = 0; known[i]; i++)
        if (strncasecmp(charset, known[i], strlen(known[i])) == 0)
            return true;
    return false;
}

// Reads what the headers say of the body: whether it can be read here, and whether all that say a
// type of it say JSON.
static void judge_headers(struct asked *asked, const struct value *headers, bool *legible,
                          bool *json)
{
    bool typed = false, other = false;
    *legible = true;
    for (size_t i = 0; i < value_count(headers); i++) {
        const struct value_member *m = &headers->object.members[i];
        const char *text = header_text(asked->arena, m->value);
        if (header_is_any(m->key, headers_naming))
            add(asked, text);
        if (header_is(m->key, "content-encoding") && strcasecmp(text, "identity") != 0)
            *legible = false;
        if (!header_is(m->key, "content-type"))
            continue;
        typed = true;
        other = other || !strcasestr(text, "json") || strpbrk(text, ",");
        *legible = *legible && is_legible(text);
    }
    *json = typed && !other;
}

struct value *override_methods(struct effect *e, const char *url)
{
    struct asked asked = {&e->arena, value_array(&e->arena)};
    const struct fields fields = {&e->arena, is_field, add, &asked};
    const struct value *body = value_get(e->args, "body");
    const char *query = strchr(url, '?');
    bool legible, json;
    judge_headers(&asked, value_get(e->args, "headers"), &legible, &json);
    if (query)
        fields_form(&fields, query + 1, strcspn(query + 1, "#"));
    if (body == NULL || body->string.len == 0)
        return asked.methods;
    if (!legible)
        add(&asked, NULL);
    if (!json)
        fields_form(&fields, body->string.text, body->string.len);
    fields_json(&fields, body->string.text, body->string.len);
    fields_multipart(&fields, body->string.text, body->string.len);
    return asked.methods;
}
