#include "prim/http_plan.h"

#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "engine/run.h"
#include "prim/detail.h"

void http_details(const struct run *run, struct effect *e)
{
    struct arena *a = &e->arena;
    const struct value *headers = value_get(e->args, "headers");
    const char *method = value_get_text(e->args, "method"), *url = value_get_text(e->args, "url");
    const char *file = value_get_text(e->args, "to_file");
    if (strncmp(e->summary, method, strlen(method)) != 0 || strstr(e->summary, url) == NULL)
        detail_add(e, run, method, url, strlen(url));
    if (*file && strstr(e->summary, file) == NULL)
        detail_add(e, run, "into", file, strlen(file));
    for (size_t i = 0; i < value_count(headers); i++) {
        const struct value_member *m = &headers->object.members[i];
        const char *name = arena_printf(a, "%s:", m->key);
        struct buf text = {0};
        if (strcasecmp(m->key, "authorization") == 0 || strcasecmp(m->key, "cookie") == 0)
            buf_puts(&text, "***");
        else if (m->value->type == VALUE_STRING)
            buf_puts(&text, m->value->string.text);
        else
            json_write(&text, m->value, JSON_CANONICAL);
        detail_add(e, run, name, buf_text(&text), text.len);
        buf_free(&text);
    }
}

bool http_refuses(int64_t status)
{
    return status >= 400 && status < 500 && status != 408;
}

void http_foresee(struct effect *e)
{
    struct arena *a = &e->arena;
    e->refused = http_refuses(value_get_int(e->assume, "status", 0));
    const char *body = value_get_text(e->assume, "body");
    bool gone = strcmp(value_get_text(e->args, "method"), "DELETE") == 0;
    if (e->target == NULL || value_get_int(e->assume, "status", 0) / 100 != 2 || (!gone && !*body))
        return;
    e->would_be = value_copy(a, e->assume);
    e->would_be_partial = true;
    value_set(a, e->would_be, "status", value_int(a, gone ? 404 : 200));
    value_set(a, e->would_be, "body", value_string(a, gone ? "" : body));
}

// `over` put onto `base`, member by member; null is a value here.
static struct value *overlay(struct arena *a, const struct value *base, const struct value *over)
{
    if (base == NULL || base->type != VALUE_OBJECT || over->type != VALUE_OBJECT)
        return value_copy(a, over);
    struct value *v = value_copy(a, base);
    for (size_t i = 0; i < over->object.count; i++) {
        const struct value_member *m = &over->object.members[i];
        value_set(a, v, m->key, overlay(a, value_get(base, m->key), m->value));
    }
    return v;
}

static const struct value *body_of(struct arena *a, const struct value *answer)
{
    const struct value *body = value_get(answer, "body");
    return body ? json_parse(a, value_text(body), body->string.len, NULL) : NULL;
}

bool http_amend(struct effect *e, const char *target, const struct value *object)
{
    struct arena *a = &e->arena;
    if (e->target == NULL || strcmp(e->target, target) != 0)
        return false;
    const struct value *now = body_of(a, e->result), *over = body_of(a, object);
    bool there = value_get_int(e->result, "status", 0) / 100 == 2;
    struct buf text = {0};
    value_set(a, e->result, "status", value_get(object, "status"));
    if (there && now && over)
        json_write(&text, overlay(a, now, over), JSON_CANONICAL);
    else
        buf_puts(&text, value_get_text(object, "body"));
    value_set(a, e->result, "body", value_bytes(a, buf_text(&text), text.len));
    buf_free(&text);
    e->answer = arena_printf(a, "%lld", (long long)value_get_int(object, "status", 0));
    return true;
}
