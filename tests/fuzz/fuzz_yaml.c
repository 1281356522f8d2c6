// libFuzzer target: whatever parses is written, and reads back as an equal value.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    error_local(err);
    struct value *documents = yaml_parse(&a, (const char *)data, size, &err);
    for (size_t i = 0; i < value_count(documents); i++) {
        struct buf out = {0};
        struct value *back = NULL, *v = value_at(documents, i);
        if (yaml_write(&out, v))
            back = yaml_parse(&a, out.data, out.len, &err);
        if (value_count(back) != 1 || !value_equal(v, value_at(back, 0))) {
            fprintf(stderr, "document %zu was written: %s\n", i, buf_text(&out));
            abort();
        }
        buf_free(&out);
    }
    arena_free(&a);
    return 0;
}
