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
    run->planned->foreseen = value_array(&run->arena);
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
    const struct value *answer = e->sensitive ? e->assume : e->result ? e->result : e->assume;
    bool fits = answer && json_write(&text, answer, JSON_CANONICAL);
    buf_free(&text);
    return fits ? answer : NULL;
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
        value_set(a, row, "value", run_masked(run, a, planned_field(a, e->before, path)));
        value_push(a, run->planned->readings, row);
    }
}

void planned_hear(const struct effect *e)
{
    struct run *run = e->run;
    if (run->planned == NULL || run->undoing)
        return;
    bool write = e->access == ACCESS_WRITE;
    bool foreseen = e->access == ACCESS_HUMAN || (e->access == ACCESS_READ && e->basis);
    const struct value *answer = write || foreseen ? answer_of(e) : NULL;
    if (!write && answer == NULL)
        return;
    struct value *row = identity_of(e, &run->arena);
    if (answer)
        value_set(&run->arena, row, "answer", run_masked(run, &run->arena, answer));
    value_push(&run->arena, write ? run->planned->writes : run->planned->foreseen, row);
    if (write)
        keep_readings(e);
}
