// libFuzzer target: a plan file of any kind is read or refused with a sentence, also when its form
// is made canonical first; what is read can be compared with itself and learned from.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "engine/approved.h"
#include "engine/likeness.h"
#include "engine/planned.h"
#include "record/planfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(struct arena *a, const struct value *plan)
{
    const struct value *writes = value_get(plan, "writes"), *readings = value_get(plan, "readings");
    struct likeness l = {.arena = a,
                         .planned_at = value_get_int(plan, "made", 0),
                         .now = INT64_C(1795370901398),
                         .answers = value_array(a)};
    for (size_t i = 0; i < value_count(writes) && i < 8; i++) {
        const struct value *w = value_at(writes, i), *next = value_at(writes, i + 1);
        likeness_learn(a, (struct value *)l.answers, value_get(w, "answer"), next);
        likeness_learn(a, (struct value *)l.answers, value_get(w, "answer"), NULL);
        if (!likeness_holds(&l, w, w))
            abort();
        if (!likeness_holds(&l, w, next) && (!l.path || !l.planned || !l.wanted))
            abort();
    }
    for (size_t i = 0; i < value_count(readings); i++)
        planned_field(a, plan, value_get_text(value_at(readings, i), "path"));
    approved_free(approved_new(plan));
}

static void read_plan(const char *text, size_t len)
{
    struct arena a = {0};
    struct planfile file;
    error_local(err);
    if (planfile_read(&a, text, len, &file, &err)) {
        compare(&a, file.plan);
    } else if (!error_is_set(&err)) {
        fprintf(stderr, "refused without a word\n");
        abort();
    }
    arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct buf text = {0};
    const struct value *document = json_parse(&a, (const char *)data, size, NULL);
    read_plan((const char *)data, size);
    if (document) {
        json_write(&text, document, JSON_CANONICAL);
        buf_putc(&text, '\n');
        read_plan(buf_text(&text), text.len);
    }
    buf_free(&text);
    arena_free(&a);
    return 0;
}
