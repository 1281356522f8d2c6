// libFuzzer target: a file of any kind is loaded as a runbook, with nothing done to the outside, or
// refused with a sentence; what is loaded has at least one step, and names of its own.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "runbook.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct outline *o)
{
    for (int p = 0; p < o->count; p++)
        for (int i = 0; i < o->phases[p].count; i++)
            if (outline_step(o, o->phases[p].steps[i].name) != &o->phases[p].steps[i])
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run *run = fuzz_open();
    error_local(err);
    struct buf text = {0};
    buf_add(&text, data, size);
    if (outline_load(run->L, fuzz_options.file, &text, &run->arena, &run->outline, &err)) {
        look(&run->outline);
    } else if (!error_is_set(&err)) {
        fprintf(stderr, "refused without a word\n");
        abort();
    }
    if (run->counts.reads + run->counts.writes + run->counts.asks)
        abort();
    buf_free(&text);
    fuzz_close(run);
    return 0;
}
