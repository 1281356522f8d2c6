#include "engine/identity.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "engine/effect.h"
#include "engine/run.h"

void identity_computed(struct run *run, const char *hex)
{
    if (run->planned == NULL && run->approved == NULL)
        return;
    char *slot = run->computed[run->computed_count++ % RUN_COMPUTED];
    snprintf(slot, sizeof run->computed[0], "%s", hex);
}

static bool is_computed(const struct run *run, const char *word, size_t len)
{
    for (unsigned i = 0; i < run->computed_count && i < RUN_COMPUTED; i++)
        if (strlen(run->computed[i]) == len && memcmp(run->computed[i], word, len) == 0)
            return true;
    return false;
}

static struct value *without_codes(struct arena *a, const struct value *v, const void *run)
{
    struct buf out = {0};
    const char *text = v->string.text;
    for (size_t i = 0, len; i < v->string.len; i += len ? len : 1) {
        for (len = 0; i + len < v->string.len && isalnum((unsigned char)text[i + len]);)
            len++;
        if (len && is_computed(run, text + i, len))
            buf_puts(&out, "[computed]");
        else
            buf_add(&out, text + i, len ? len : 1);
    }
    struct value *copy = value_bytes(a, buf_text(&out), out.len);
    buf_free(&out);
    return copy;
}

// Puts a mark in place of what stands at a path such as "json.metadata.id".
static void mark_varying(struct arena *a, struct value *v, const char *path)
{
    for (const char *dot; v && (dot = strchr(path, '.')); path = dot + 1)
        v = value_get(v, arena_copy(a, path, (size_t)(dot - path)));
    if (value_get(v, path))
        value_set(a, v, path, value_string(a, "[varies]"));
}

static struct value *args_of(const struct effect *e, struct arena *a)
{
    const struct run *run = e->run;
    struct value *args = value_copy(a, e->veiled ? e->veiled : e->args);
    for (size_t i = 0; i < value_count(e->varies); i++)
        mark_varying(a, args, value_text(value_at(e->varies, i)));
    for (const char *name = e->aside; name && *name; name += strspn(name, " ")) {
        size_t len = strcspn(name, " ");
        value_remove(args, arena_copy(a, name, len));
        name += len;
    }
    return run_masked(run, a, value_map(a, args, without_codes, run));
}

// The branches in a position: "3.1.2" is the second effect of the first branch of the third effect.
// How many effects come before may differ, since a run polls where a plan looks once.
static struct value *lane_of(const char *position, struct arena *a)
{
    struct buf lane = {0};
    bool branch = false;
    for (const char *p = position; *p; p += *p == '.', branch = !branch) {
        size_t len = strcspn(p, ".");
        if (branch)
            buf_printf(&lane, "%s%.*s", lane.len ? "." : "", (int)len, p);
        p += len;
    }
    struct value *v = value_string(a, buf_text(&lane));
    buf_free(&lane);
    return v;
}

struct value *identity_of(const struct effect *e, struct arena *a)
{
    struct value *v = value_object(a);
    value_set(a, v, "scope", value_bytes(a, e->scope.text, strcspn(e->scope.text, "#")));
    value_set(a, v, "lane", lane_of(e->position, a));
    value_set(a, v, "kind", value_string(a, e->kind->name));
    value_set(a, v, "system", run_masked(e->run, a, value_string(a, e->system)));
    value_set(a, v, "args", args_of(e, a));
    value_set(a, v, "summary", run_masked(e->run, a, value_string(a, e->summary)));
    value_set(a, v, "where", value_string(a, e->where));
    return v;
}
