#include "engine/planned.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "engine/effect.h"
#include "engine/identity.h"
#include "engine/mode.h"
#include "engine/run.h"

enum { LARGEST_ANSWER = 64 * 1024 };

void planned_start(struct run *run)
{
    run->planned = arena_alloc(&run->arena, sizeof *run->planned);
    run->planned->writes = value_array(&run->arena);
    run->planned->readings = value_array(&run->arena);
    run->planned->written = value_object(&run->arena);
}

// The key or index at *path, which is moved behind it.
static const char *next_key(struct arena *a, const char **path)
{
    const char *at = *path;
    bool bracket = *at == '[';
    at += bracket || *at == '.';
    size_t len = bracket ? strcspn(at, "]") : strcspn(at, ".[");
    *path = at + len + (bracket && at[len] == ']');
    return arena_copy(a, at, len);
}

const struct value *planned_field(struct arena *a, const struct value *object, const char *path)
{
    while (object && *path) {
        const char *key = next_key(a, &path);
        object = object->type == VALUE_ARRAY ? value_at(object, (size_t)atoi(key))
                                             : value_get(object, key);
    }
    return object && object->type == VALUE_NULL ? NULL : object;
}

// What the answer is assumed to be, for later writes that pass on a part of it.
static const struct value *answer_of(const struct effect *e)
{
    struct buf text = {.max = LARGEST_ANSWER};
    const struct value *answer = e->assume ? e->assume : e->sensitive ? NULL : e->result;
    bool fits = answer && json_write(&text, answer, JSON_CANONICAL);
    buf_free(&text);
    return fits ? answer : NULL;
}

static struct value *masked(const struct run *run, const struct value *v)
{
    struct arena *a = &((struct run *)run)->arena;
    if (v == NULL)
        return value_null(a);
    return run->masked_value ? run->masked_value(run->mask_arg, a, v) : value_copy(a, v);
}

// What the first write of a target changes. Later ones find what the plan has left there; and what
// a Secret holds stands in no plan.
static void keep_readings(const struct effect *e)
{
    struct run *run = e->run;
    struct arena *a = &run->arena;
    if (e->target == NULL || value_get(run->planned->written, e->target))
        return;
    value_set(a, run->planned->written, e->target, value_bool(a, true));
    if (e->before == NULL || e->sensitive)
        return;
    for (size_t i = 0; i < value_count(e->diff); i++) {
        const char *path = value_get_text(value_at(e->diff, i), "path");
        struct value *row = value_object(a);
        value_set(a, row, "target", value_string(a, e->target));
        value_set(a, row, "path", value_string(a, path));
        value_set(a, row, "value", masked(run, planned_field(a, e->before, path)));
        value_push(a, run->planned->readings, row);
    }
}

void planned_hear(const struct effect *e)
{
    struct run *run = e->run;
    if (run->planned == NULL || e->access != ACCESS_WRITE || run->undoing)
        return;
    struct value *write = identity_of(e, &run->arena);
    const struct value *answer = answer_of(e);
    if (answer)
        value_set(&run->arena, write, "answer", masked(run, answer));
    value_push(&run->arena, run->planned->writes, write);
    keep_readings(e);
}
