#include "prim/connection.h"

#include <string.h>
#include <strings.h>

#include "engine/credential.h"
#include "engine/failure.h"
#include "engine/permit.h"
#include "engine/run.h"
#include "net/fetch_url.h"
#include "prim/args.h"
#include "prim/header.h"

const struct args connection_args = {
    NULL,
    {
        {"timeout", ARG_TIME, "of one attempt, everything included (default 30s)"},
        {"connect_timeout", ARG_TIME, "until there is a connection (default 10s)"},
        {"retries", ARG_WHOLE,
         "how many more attempts after a connection error, 429, 502, 503 or 504 (default 0); a "
         "POST or "
         "PATCH only when it is repeatable"},
        {"retry_wait", ARG_TIME,
         "before the first of them, doubled each time (default 500ms); Retry-After wins"},
        {"verify", ARG_FLAG, "false: do not verify the server's certificate"},
        {"ca", ARG_TEXT, "whom to trust: a file, or PEM text"},
        {"cert", ARG_TEXT, "the client's certificate: a file, or PEM text"},
        {"key", ARG_TEXT, "its key: a file, or PEM text"},
        {"proxy", ARG_TEXT, "its URL, \"\" for none (default: the environment's)"},
        {"resolve", ARG_TEXT,
         "\"address\" or \"address:port\" to connect to, whatever the URL says"},
        {"headers", ARG_TABLE,
         "`{ Name = \"value\" }`; where a request ends and how its connection is used is the "
         "client's "
         "to say: no Content-Length, Transfer-Encoding, Connection, Upgrade, TE, Trailer, "
         "Keep-Alive, "
         "Proxy-* or Expect. One by which a server may see another host, path or method (Host, "
         "X-Forwarded-Host, X-Original-URL) has to be permitted as the request that it makes of "
         "it"},
    }};

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

void connection_need(struct effect *e, const char *address, int port)
{
    const char *host;
    int own;
    bool plain = subject_endpoint(&e->arena, address, &host, &own) && own == 0;
    const char *format = *host != '[' && strchr(host, ':') ? "[%s]:%d" : "%s:%d";
    need_add(e, "connect", NULL, plain ? arena_printf(&e->arena, format, host, port) : address,
             NULL);
}

void connection_needs(struct effect *e, const char *url)
{
    const char *resolve = value_get_text(e->args, "resolve");
    struct url parsed;
    if (*resolve && url_parse(&parsed, &e->arena, url, NULL))
        connection_need(e, resolve, parsed.port);
    else if (*resolve)
        need_add(e, "connect", NULL, resolve, NULL);
}

// What a proxy's URL says of where it is: neither its scheme nor user and password.
static const char *proxy_address(struct arena *a, const char *url)
{
    const char *from = strstr(url, "://") ? strstr(url, "://") + 3 : url;
    const char *address = arena_copy(a, from, strcspn(from, "/?#"));
    return strrchr(address, '@') ? strrchr(address, '@') + 1 : address;
}

// Where curl looks for a proxy whose URL names no port.
static int proxy_port(const char *url)
{
    return strncasecmp(url, "https://", 8) == 0 ? 443 : 1080;
}

static bool has_path(const char *url)
{
    const char *from = strstr(url, "://") ? strstr(url, "://") + 3 : url;
    from += strcspn(from, "/?#");
    return *from && strcmp(from, "/") != 0;
}

void connection_read(lua_State *L, struct effect *e)
{
    set_ms(L, e, "timeout", "timeout_ms");
    set_ms(L, e, "connect_timeout", "connect_timeout_ms");
    set_ms(L, e, "retry_wait", "retry_ms");
    args_int(L, e, "retries", 0, 0, 100);
    const char *proxy = args_text(L, e, "proxy");
    bool bare = proxy && !strstr(proxy, "://"); // curl takes it for http
    credential_of_url(run_of(L), bare ? arena_printf(&e->arena, "http://%s", proxy) : proxy);
    if (proxy && strncasecmp(proxy, "socks", 5) == 0 && has_path(proxy)) // curl's way to a socket
        failure_raise(L, FAILURE_USAGE, "a proxy is a host and a port: its URL cannot have a path");
    if (proxy && *proxy)
        connection_need(e, proxy_address(&e->arena, proxy), proxy_port(proxy));
    set_pem(L, e, "ca");
    set_pem(L, e, "cert");
    set_pem(L, e, "key");
    header_check(L, e);
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
        lines[i] = arena_printf(&e->arena, "%s: %s", m->key, header_text(&e->arena, m->value));
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
