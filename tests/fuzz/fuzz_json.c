// libFuzzer target: whatever parses is written in every style, and reads back as an equal value.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    error_local(err);
    struct value *v = json_parse(&a, (const char *)data, size, &err);
    for (enum json_style style = JSON_CANONICAL; v && style <= JSON_PRETTY; style++) {
        struct buf out = {0};
        struct value *back = NULL;
        if (json_write(&out, v, style))
            back = json_parse(&a, out.data, out.len, &err);
        if (!value_equal(v, back)) {
            fprintf(stderr, "style %d wrote: %s\n", style, buf_text(&out));
            abort();
        }
        buf_free(&out);
    }
    arena_free(&a);
    return 0;
}
