#include "prim/detail.h"

#include "engine/quote.h"

enum { LONGEST_TEXT = 200 };

void detail_add(struct effect *e, const struct run *run, const char *name, const char *text,
                size_t len)
{
    struct arena *a = &e->arena;
    struct value *row = value_object(a);
    if (e->details == NULL)
        e->details = value_array(a);
    value_set(a, row, "name", value_string(a, name));
    value_set(a, row, "text", value_string(a, quote(run, a, text, len, CLIP_TEXT, LONGEST_TEXT)));
    value_push(a, e->details, row);
}
