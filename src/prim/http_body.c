#include "prim/http_body.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "engine/failure.h"
#include "engine/quote.h"
#include "net/fetch.h"

enum { DIFF_ROWS = 40, DIFF_TEXT = 200 };

static void scalar_text(struct buf *out, const struct value *v)
{
    if (v->type == VALUE_STRING)
        buf_add(out, v->string.text, v->string.len);
    else if (v->type != VALUE_NULL)
        json_write(out, v, JSON_CANONICAL);
}

// Called with each leaf of plain data; `path` is written "a[b][0]".
typedef void leaf_fn(void *arg, const char *path, const struct value *leaf);

static void each_leaf(struct buf *path, const struct value *v, leaf_fn *fn, void *arg)
{
    size_t len = path->len;
    bool top = len == 0;
    if (v->type != VALUE_OBJECT && v->type != VALUE_ARRAY) {
        fn(arg, buf_text(path), v);
        return;
    }
    for (size_t i = 0; i < value_count(v); i++) {
        if (v->type == VALUE_OBJECT)
            buf_printf(path, top ? "%s" : "[%s]", v->object.members[i].key);
        else
            buf_printf(path, top ? "%zu" : "[%zu]", i);
        each_leaf(path, v->type == VALUE_OBJECT ? v->object.members[i].value : v->array.items[i],
                  fn, arg);
        path->len = len;
        path->data[len] = '\0';
    }
}

static void escape_path(struct buf *out, const char *path)
{
    for (const char *p = path; *p; p++) // brackets stay readable, as every form parser takes them
        if (*p == '[' || *p == ']')
            buf_putc(out, *p);
        else
            fetch_escape(out, p, 1);
}

static void form_leaf(void *arg, const char *path, const struct value *leaf)
{
    struct buf *out = arg, text = {0};
    scalar_text(&text, leaf);
    if (out->len)
        buf_putc(out, '&');
    escape_path(out, path);
    buf_putc(out, '=');
    fetch_escape(out, buf_text(&text), text.len);
    buf_free(&text);
}

void form_encode(struct buf *out, const struct value *v)
{
    struct buf path = {0}, fields = {0};
    each_leaf(&path, v, form_leaf, &fields);
    buf_add(out, buf_text(&fields), fields.len);
    buf_free(&path);
    buf_free(&fields);
}

static bool has_header(const struct effect *e, const char *name)
{
    const struct value *headers = value_get(e->args, "headers");
    for (size_t i = 0; i < value_count(headers); i++)
        if (strcasecmp(headers->object.members[i].key, name) == 0)
            return true;
    return false;
}

void http_header_add(struct effect *e, const char *name, const char *text)
{
    struct value *headers = value_get(e->args, "headers");
    if (headers == NULL) {
        headers = value_object(&e->arena);
        value_set(&e->arena, e->args, "headers", headers);
    }
    if (!has_header(e, name))
        value_set(&e->arena, headers, name, value_string(&e->arena, text));
}

// Moves the buffer's text into the arguments.
static void set_text(struct effect *e, const char *name, struct buf *text)
{
    value_set(&e->arena, e->args, name, value_bytes(&e->arena, buf_text(text), text->len));
    buf_free(text);
}

static void read_query(struct effect *e)
{
    const struct value *query = value_get(e->args, "query");
    if (query == NULL || value_count(query) == 0)
        return;
    struct buf url = {0};
    const char *base = value_get_text(e->args, "url");
    size_t len = strcspn(base, "#"); // what follows is not sent
    buf_add(&url, base, len);
    buf_putc(&url, memchr(base, '?', len) ? '&' : '?');
    form_encode(&url, query);
    set_text(e, "url", &url);
}

void http_body_read(lua_State *L, struct effect *e)
{
    const struct value *form = value_get(e->args, "form"), *json = value_get(e->args, "json"),
                       *body = value_get(e->args, "body");
    if (!!form + !!json + !!body > 1)
        failure_raise(L, FAILURE_USAGE, "a request has one body: give form, json or body, not two");
    read_query(e);
    struct buf text = {0};
    if (form) {
        form_encode(&text, form);
        set_text(e, "body", &text);
        http_header_add(e, "Content-Type", "application/x-www-form-urlencoded");
    } else if (json) {
        json_write(&text, json, JSON_CANONICAL);
        set_text(e, "body", &text);
        http_header_add(e, "Content-Type", "application/json");
    }
    value_remove(e->args, "query");
}

struct diff {
    const struct run *run;
    struct effect *effect;
    struct value *rows;
};

static void diff_leaf(void *arg, const char *path, const struct value *leaf)
{
    struct diff *d = arg;
    struct arena *a = &d->effect->arena;
    struct buf text = {0};
    if (value_count(d->rows) >= DIFF_ROWS)
        return;
    scalar_text(&text, leaf);
    struct value *row = value_object(a);
    value_set(a, row, "path", value_string(a, *path ? path : "body"));
    value_set(a, row, "old", value_null(a));
    value_set(a, row, "new",
              value_string(a, quote(d->run, a, buf_text(&text), text.len, CLIP_TEXT, DIFF_TEXT)));
    value_push(a, d->rows, row);
    buf_free(&text);
}

struct value *http_body_diff(const struct run *run, struct effect *e)
{
    struct diff d = {run, e, value_array(&e->arena)};
    const char *const names[] = {"form", "json", "body"};
    for (size_t i = 0; i < 3; i++) {
        const struct value *v = value_get(e->args, names[i]);
        if (v == NULL)
            continue;
        struct buf path = {0};
        const struct value *parsed =
            i == 2 ? json_parse(&e->arena, value_text(v), v->string.len, NULL) : NULL;
        each_leaf(&path, parsed && value_count(parsed) ? parsed : v, diff_leaf, &d);
        buf_free(&path);
        break;
    }
    return d.rows;
}
