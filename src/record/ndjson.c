#include "record/ndjson.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/json.h"
#include "record/words.h"

struct ndjson {
    struct listener listener;
    FILE *out;
};

static void ndjson_hear(struct listener *self, const struct event *e)
{
    struct arena a = {0};
    char at[WORDS_SIZE];
    struct value *line = value_object(&a);
    value_set(&a, line, "event", value_string(&a, event_name(e->type)));
    value_set(&a, line, "at", value_string(&a, words_instant(e->at, at)));
    if (e->phase)
        value_set(&a, line, "phase", value_string(&a, e->phase));
    if (e->step)
        value_set(&a, line, "step", value_string(&a, e->step));
    for (size_t i = 0; e->data && e->data->type == VALUE_OBJECT && i < value_count(e->data); i++) {
        const struct value_member *m = &e->data->object.members[i];
        if (value_get(line, m->key) == NULL) // the envelope wins over data of the same name
            value_append(&a, line, m->key, m->key_len, m->value);
    }
    struct buf text = {0};
    json_write(&text, line, JSON_COMPACT);
    buf_putc(&text, '\n');
    fwrite(text.data, 1, text.len, ((struct ndjson *)self)->out);
    fflush(((struct ndjson *)self)->out);
    buf_free(&text);
    arena_free(&a);
}

struct listener *ndjson_new(FILE *out)
{
    struct ndjson *n = mem_alloc(sizeof *n);
    *n = (struct ndjson){{ndjson_hear}, out};
    return &n->listener;
}

void ndjson_free(struct listener *ndjson)
{
    free(ndjson);
}
