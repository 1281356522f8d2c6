#include "prim/http_wire.h"

#include "prim/connection.h"
#include "prim/http_method.h"
#include "prim/override.h"

struct fetch_request http_wire(struct effect *e)
{
    const struct value *body = value_get(e->args, "body"), *file = value_get(e->args, "to_file");
    const char *method = value_get_text(e->args, "method"), *url = value_get_text(e->args, "url");
    bool changes = e->access == ACCESS_WRITE && !e->local;
    struct fetch_request request = {
        .method = method,
        .url = url,
        .body = body ? body->string.text : NULL,
        .body_len = body ? body->string.len : 0,
        .max_redirects = (int)value_get_int(e->args, "redirects", 0),
        .max_bytes = (size_t)value_get_int(e->args, "max_bytes", 0),
        .repeatable = value_get_bool(e->args, "repeatable", false),
        .overridden =
            value_count(override_methods(e, url)) > 0 || (changes && http_method_is_safe(method)),
        .to_file = file ? file->string.text : NULL,
    };
    connection_fill(e, &request);
    return request;
}
