#include "net/fetch_ask.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DEFAULT_TIMEOUT_MS = 30000, DEFAULT_CONNECT_TIMEOUT_MS = 10000 };
enum { DEFAULT_RETRY_MS = 500, DEFAULT_RETRY_MAX_MS = 30000 };
enum { DEFAULT_MAX_BYTES = 16 << 20 };

static bool is_token(const char *text, size_t len)
{
    const char *token = "!#$%&'*+-.^_`|~0123456789"
                        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return len > 0 && strspn(text, token) >= len;
}

// Would it stay on its line? Tabs are fine, every other control character is not.
static bool is_line(const char *text)
{
    for (; *text; text++)
        if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7f)
            return false;
    return true;
}

// Headers that say how to answer, not who asks.
static bool is_public(const char *line)
{
    const char *const names[] = {"accept:",        "accept-encoding:", "accept-language:",
                                 "cache-control:", "content-type:",    "content-encoding:",
                                 "if-none-match:", "range:",           "if-modified-since:",
                                 "user-agent:",    "traceparent:"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncasecmp(line, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

// Nodes of curl's own list, but in the arena: nothing to free.
static void list_add(struct arena *a, struct curl_slist **list, char *line)
{
    while (*list)
        list = &(*list)->next;
    *list = arena_alloc(a, sizeof **list);
    (*list)->data = line;
}

static bool header_add(struct ask *ask, struct arena *a, const char *line, struct error *err)
{
    const char *colon = strchr(line, ':');
    size_t name_len = colon ? (size_t)(colon - line) : 0;
    if (!is_line(line))
        return error_set(err,
                         "the header '%.*s' holds a line break or another control character; "
                         "nothing was sent",
                         is_token(line, name_len) ? (int)name_len : 0, line);
    if (!is_token(line, name_len))
        return error_set(err, "'%s' is not a header: 'Name: value' is expected", line);
    // To curl, "Name:" takes a header away and "Name;" sends an empty one.
    bool empty = colon[1 + strspn(colon + 1, " \t")] == '\0';
    char *text = empty ? arena_printf(a, "%.*s;", (int)name_len, line) : arena_dup(a, line);
    list_add(a, &ask->headers, text);
    if (is_public(line))
        list_add(a, &ask->public_headers, text);
    return true;
}

static bool headers_copy(struct ask *ask, struct arena *a, struct error *err)
{
    bool typed = false;
    for (const char *const *line = ask->request.headers; *line; line++) {
        if (!header_add(ask, a, *line, err))
            return false;
        typed = typed || strncasecmp(*line, "content-type:", 13) == 0;
    }
    // What curl would add on its own: a guessed type, and a pause before larger bodies.
    const char *const unwanted[] = {"Expect:", typed ? NULL : "Content-Type:"};
    for (size_t i = 0; i < 2 && unwanted[i]; i++) {
        list_add(a, &ask->headers, arena_dup(a, unwanted[i]));
        list_add(a, &ask->public_headers, arena_dup(a, unwanted[i]));
    }
    return true;
}

// "address", "address:port", "::1", "[::1]" or "[::1]:port" as "::address:port", which to curl
// means: for any host and port connect to this; an empty port is that of the URL.
static bool connect_to_copy(struct ask *ask, struct arena *a, const char *text, struct error *err)
{
    const char *host = text, *port = "";
    size_t len = strlen(text);
    const char *first = strchr(text, ':');
    bool bare6 = *text != '[' && first && strchr(first + 1, ':');
    const char *colon = *text == '[' ? strstr(text, "]:") : bare6 ? NULL : first;
    if (colon) {
        colon += *text == '[';
        port = colon + 1;
        len = (size_t)(colon - text);
    }
    char *end = NULL;
    long number = colon ? strtol(port, &end, 10) : 1;
    bool closed = *text != '[' || (len > 2 && text[len - 1] == ']');
    if (len == 0 || !closed || strcspn(text, " \t\r\n/@") != strlen(text) || number < 1 ||
        number > 65535 || (colon && *end))
        return error_set(err, "'%s' is not an address to connect to: 'address' or 'address:port'",
                         text);
    const char *open = bare6 ? "[" : "", *close = bare6 ? "]" : "";
    list_add(a, &ask->connect_to,
             arena_printf(a, "::%s%.*s%s:%s", open, (int)len, host, close, port));
    return true;
}

static void strings_copy(struct fetch_request *r, struct arena *a)
{
    const char **const strings[] = {&r->method,    &r->url,      &r->ca_file,    &r->ca_pem,
                                    &r->cert_file, &r->key_file, &r->cert_pem,   &r->key_pem,
                                    &r->proxy,     &r->to_file,  &r->user_agent, &r->connect_to};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        *strings[i] = arena_dup(a, *strings[i]);
    if (r->body)
        r->body = arena_copy(a, r->body, r->body_len);
    size_t count = 0;
    while (r->headers && r->headers[count])
        count++;
    const char **lines = arena_alloc(a, (count + 1) * sizeof *lines);
    for (size_t i = 0; i < count; i++)
        lines[i] = arena_dup(a, r->headers[i]);
    r->headers = lines;
}

static void defaults_fill(struct fetch_request *r, struct arena *a)
{
    const char *ca_file = getenv("SSL_CERT_FILE");
    if (!r->method || !*r->method)
        r->method = "GET";
    if (!r->url)
        r->url = "";
    if (!r->user_agent)
        r->user_agent = "runbook/" RUNBOOK_VERSION;
    if (!r->ca_file && ca_file && *ca_file)
        r->ca_file = arena_dup(a, ca_file);
    if (r->timeout_ms <= 0)
        r->timeout_ms = DEFAULT_TIMEOUT_MS;
    if (r->connect_timeout_ms <= 0)
        r->connect_timeout_ms = DEFAULT_CONNECT_TIMEOUT_MS;
    if (r->retry_ms <= 0)
        r->retry_ms = DEFAULT_RETRY_MS;
    if (r->retry_max_ms <= 0)
        r->retry_max_ms = DEFAULT_RETRY_MAX_MS;
    if (r->max_bytes == 0 && !r->to_file && !r->on_data)
        r->max_bytes = DEFAULT_MAX_BYTES;
}

bool ask_copy(struct ask *ask, struct arena *a, const struct fetch_request *asked,
              struct error *err)
{
    *ask = (struct ask){.request = *asked};
    struct fetch_request *r = &ask->request;
    strings_copy(r, a);
    defaults_fill(r, a);
    if (!is_token(r->method, strlen(r->method)))
        return error_set(err, "'%s' is not an HTTP method", r->method);
    if (!is_line(r->user_agent))
        return error_set(err, "the user agent holds a line break or another control character");
    return url_parse(&ask->url, a, r->url, err) && headers_copy(ask, a, err) &&
           (!r->connect_to || connect_to_copy(ask, a, r->connect_to, err));
}

bool ask_repeatable(const struct ask *ask)
{
    const char *const methods[] = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"};
    for (size_t i = 0; !ask->request.overridden && i < sizeof methods / sizeof *methods; i++)
        if (strcmp(ask->request.method, methods[i]) == 0)
            return true;
    return ask->request.repeatable;
}
