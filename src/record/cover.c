#include "record/cover.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

char *cover_text(const struct redact *r, const char *text, size_t len, size_t *out_len)
{
    struct arena a = {0};
    struct buf out = {0};
    char *masked = redact_empty(r) ? NULL : redact_text(r, text, len, &len);
    const char *hidden = userinfo_hidden(&a, masked ? masked : text, len, out_len);
    buf_add(&out, hidden, *out_len);
    free(masked);
    arena_free(&a);
    return buf_take(&out);
}

const char *cover_copy(struct arena *a, const struct redact *r, const char *text)
{
    size_t len;
    if (text == NULL)
        return NULL;
    char *safe = cover_text(r, text, strlen(text), &len);
    const char *copy = arena_copy(a, safe, len);
    free(safe);
    return copy;
}

static bool has_password(const struct value *v)
{
    struct userinfo u;
    bool found = v->type == VALUE_STRING &&
                 userinfo_next(v->string.text, v->string.text + v->string.len, &u);
    for (size_t i = 0; v->type == VALUE_ARRAY && i < value_count(v) && !found; i++)
        found = has_password(value_at(v, i));
    for (size_t i = 0; v->type == VALUE_OBJECT && i < value_count(v) && !found; i++) {
        const struct value_member *m = &v->object.members[i];
        found = userinfo_next(m->key, m->key + m->key_len, &u) || has_password(m->value);
    }
    return found;
}

static struct value *hidden(struct arena *a, const struct value *v)
{
    struct value *copy;
    size_t len;
    const char *text;
    switch (v->type) {
    case VALUE_STRING:
        text = userinfo_hidden(a, v->string.text, v->string.len, &len);
        return value_bytes(a, text, len);
    case VALUE_ARRAY:
        copy = value_array(a);
        for (size_t i = 0; i < value_count(v); i++)
            value_push(a, copy, hidden(a, value_at(v, i)));
        return copy;
    case VALUE_OBJECT:
        copy = value_object(a);
        for (size_t i = 0; i < value_count(v); i++) {
            const struct value_member *m = &v->object.members[i];
            text = userinfo_hidden(a, m->key, m->key_len, &len);
            value_append(a, copy, text, len, hidden(a, m->value));
        }
        return copy;
    default:
        return value_copy(a, v);
    }
}

struct value *cover_value(struct arena *a, const struct redact *r, const struct value *v)
{
    struct value *masked = redact_value(a, r, v);
    return masked && has_password(masked) ? hidden(a, masked) : masked;
}

void cover_learn(struct redact *r, const struct userinfo *u)
{
    struct arena a = {0};
    const char *plain = userinfo_password(&a, u), *name = userinfo_name(&a, u);
    if (userinfo_is_secret(u)) {
        redact_add(r, name, u->password, u->password_len);
        redact_add(r, name, plain, strlen(plain));
    }
    arena_free(&a);
}
