#include "prim/override.h"

#include <ctype.h>
#include <string.h>

// Servers that hand headers on as variables take '_' for '-'.
static bool is_same(const char *name, const char *header)
{
    while (*name && (*name == '_' ? '-' : tolower((unsigned char)*name)) == *header)
        name++, header++;
    return *name == '\0' && *header == '\0';
}

static bool overrides(const char *name)
{
    return is_same(name, "x-http-method-override") || is_same(name, "x-http-method") ||
           is_same(name, "x-method-override");
}

const char *override_at(struct effect *e, size_t n)
{
    const struct value *headers = value_get(e->args, "headers");
    bool named = headers && headers->type == VALUE_OBJECT;
    for (size_t i = 0; named && i < value_count(headers); i++) {
        const struct value_member *m = &headers->object.members[i];
        if (!overrides(m->key) || n-- > 0)
            continue;
        const char *text = value_text(m->value);
        text += strspn(text, " \t");
        char *method = arena_copy(&e->arena, text, strcspn(text, " \t"));
        for (char *p = method; *p; p++)
            *p = (char)toupper((unsigned char)*p);
        return method;
    }
    return NULL;
}
