#include "prim/http_method.h"

#include <ctype.h>
#include <string.h>

#include "engine/failure.h"
#include "prim/args.h"

static bool is_among(const char *method, const char *const *methods)
{
    while (*methods && strcmp(*methods, method) != 0)
        methods++;
    return *methods != NULL;
}

bool http_method_is_safe(const char *method)
{
    static const char *const safe[] = {"GET", "HEAD", "OPTIONS", NULL};
    return is_among(method, safe);
}

// `given` is the method as the author wrote it, NULL where a header or a field names it: in
// capitals a secret would not be known again.
static void check_method(lua_State *L, const char *method, const char *given)
{
    if (*method == '\0' || strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != strlen(method))
        failure_raise(L, FAILURE_USAGE, "%s%s%s is not an HTTP method", given ? "'" : "",
                      given ? given : "what a header or a field asks for", given ? "'" : "");
}

// Whether a method only asks; `reads` is the author's word for it. What names a change by itself
// does not become a read by that, for a plan makes reads.
static bool method_asks(lua_State *L, const char *method, bool reads)
{
    static const char *const asking[] = {"POST", "QUERY", "SEARCH", "REPORT", "PROPFIND", NULL};
    bool safe = http_method_is_safe(method);
    if (reads && strcmp(method, NEED_ANY) == 0)
        failure_raise(L, FAILURE_USAGE,
                      "http: a body that is packed, or in a charset other than that of its text, "
                      "could ask for any method, so it is never a read: send it as it is");
    if (reads && !safe && !is_among(method, asking))
        failure_raise(L, FAILURE_USAGE,
                      "http: a %s is never a read, and a plan would make it; `reads = true` is for "
                      "a POST that only asks",
                      method);
    return reads || safe;
}

const char *http_method_read(lua_State *L, struct effect *e, const struct value *others)
{
    const char *given = args_text(L, e, "method");
    const struct value *body = value_get(e->args, "body");
    char *method = arena_printf(&e->arena, "%s", given ? given : "GET");
    for (char *p = method; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    check_method(L, method, given ? given : method);
    for (size_t i = 0; i < value_count(others); i++)
        check_method(L, value_text(value_at(others, i)), NULL);
    bool reads = args_bool(L, e, "reads", false), asks = method_asks(L, method, reads);
    for (size_t i = 0; i < value_count(others); i++)
        asks = method_asks(L, value_text(value_at(others, i)), reads) && asks;
    bool bodied = body && body->string.len > 0;
    e->access = asks && (reads || !bodied) ? ACCESS_READ : ACCESS_WRITE;
    value_remove(e->args, "reads");
    value_set(&e->arena, e->args, "method", value_string(&e->arena, method));
    return method;
}
