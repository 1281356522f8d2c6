#include "prim/connection.h"

#include <string.h>

#include "engine/failure.h"
#include "engine/permit.h"
#include "prim/args.h"

static void set_ms(lua_State *L, struct effect *e, const char *name, const char *normal)
{
    int64_t ms = args_ms(L, e, name, -1);
    value_remove(e->args, name);
    if (ms == 0)
        failure_raise(L, FAILURE_USAGE, "the option '%s' must be longer than 0", name);
    if (ms > 0)
        value_set(&e->arena, e->args, normal, value_int(&e->arena, ms));
}

static void set_pem(lua_State *L, struct effect *e, const char *name)
{
    const char *pem, *file;
    args_pem(L, e, name, &pem, &file);
    value_remove(e->args, name);
    if (pem)
        value_set(&e->arena, e->args, arena_printf(&e->arena, "%s_pem", name),
                  value_string(&e->arena, pem));
    if (file) {
        value_set(&e->arena, e->args, arena_printf(&e->arena, "%s_file", name),
                  value_string(&e->arena, file));
        need_add(e, "read", NULL, file, NULL);
    }
}

static void check_headers(lua_State *L, struct effect *e)
{
    const struct value *headers = value_get(e->args, "headers");
    if (headers && headers->type != VALUE_OBJECT)
        failure_raise(L, FAILURE_USAGE,
                      "headers must be a table: headers = { Accept = \"text/csv\" }");
    for (size_t i = 0; headers && i < headers->object.count; i++) {
        const struct value_member *m = &headers->object.members[i];
        bool name = strcspn(m->key, "\r\n: \t") == m->key_len && m->key_len > 0;
        bool value = m->value->type == VALUE_INT ||
                     (m->value->type == VALUE_STRING &&
                      strcspn(m->value->string.text, "\r\n") == m->value->string.len);
        if (!name || !value)
            failure_raise(L, FAILURE_USAGE,
                          "the header '%s' must be one line of text, and its name without blanks",
                          m->key);
    }
}

// What a proxy's URL says of where it is: neither its scheme nor user and password.
static const char *proxy_address(struct arena *a, const char *url)
{
    const char *from = strstr(url, "://") ? strstr(url, "://") + 3 : url;
    const char *address = arena_copy(a, from, strcspn(from, "/?#"));
    return strrchr(address, '@') ? strrchr(address, '@') + 1 : address;
}

void connection_read(lua_State *L, struct effect *e)
{
    set_ms(L, e, "timeout", "timeout_ms");
    set_ms(L, e, "connect_timeout", "connect_timeout_ms");
    set_ms(L, e, "retry_wait", "retry_ms");
    args_int(L, e, "retries", 0, 0, 100);
    args_bool(L, e, "verify", true);
    const char *proxy = args_text(L, e, "proxy"), *resolve = args_text(L, e, "resolve");
    if (proxy && *proxy)
        need_add(e, "connect", NULL, proxy_address(&e->arena, proxy), NULL);
    if (resolve)
        need_add(e, "connect", NULL, resolve, NULL);
    set_pem(L, e, "ca");
    set_pem(L, e, "cert");
    set_pem(L, e, "key");
    check_headers(L, e);
}

static const char *text_or_null(const struct effect *e, const char *name)
{
    const struct value *v = value_get(e->args, name);
    return v && v->type == VALUE_STRING ? v->string.text : NULL;
}

static const char **header_lines(struct effect *e)
{
    const struct value *headers = value_get(e->args, "headers");
    size_t count = value_count(headers);
    const char **lines = arena_alloc(&e->arena, (count + 1) * sizeof *lines);
    for (size_t i = 0; i < count; i++) {
        const struct value_member *m = &headers->object.members[i];
        lines[i] = m->value->type == VALUE_INT
                       ? arena_printf(&e->arena, "%s: %lld", m->key, (long long)m->value->integer)
                       : arena_printf(&e->arena, "%s: %s", m->key, m->value->string.text);
    }
    return lines;
}

void connection_fill(struct effect *e, struct fetch_request *r)
{
    r->timeout_ms = value_get_int(e->args, "timeout_ms", 0);
    r->connect_timeout_ms = value_get_int(e->args, "connect_timeout_ms", 0);
    r->retries = (int)value_get_int(e->args, "retries", 0);
    r->retry_ms = value_get_int(e->args, "retry_ms", 0);
    r->insecure = !value_get_bool(e->args, "verify", true);
    r->ca_file = text_or_null(e, "ca_file");
    r->ca_pem = text_or_null(e, "ca_pem");
    r->cert_file = text_or_null(e, "cert_file");
    r->cert_pem = text_or_null(e, "cert_pem");
    r->key_file = text_or_null(e, "key_file");
    r->key_pem = text_or_null(e, "key_pem");
    r->proxy = text_or_null(e, "proxy");
    r->connect_to = text_or_null(e, "resolve");
    r->headers = header_lines(e);
    r->guard = permit_guard(e);
}

const char *connection_system(struct effect *e, const char *url)
{
    const char *host = strstr(url, "://");
    size_t len = host ? (size_t)(host - url) + 3 : 0;
    len += strcspn(url + len, "/?#");
    return arena_copy(&e->arena, url, len);
}
