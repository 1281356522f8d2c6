// A runbook loaded by the whole program, as the fuzz targets of runbooks and their parameters want
// it.
#pragma once

#include <stdlib.h>

#include "engine/mode.h"
#include "engine/run.h"
#include "engine/state.h"
#include "net/fetch.h"
#include "net/loop.h"
#include "prim/prims.h"

static const struct run_options fuzz_options = {.file = "/nonexistent/fuzz.lua",
                                                .max_memory = 32 * 1024 * 1024,
                                                .max_seconds = 0.2,
                                                .no_input = true};

// A run with its names in it, for fuzz_close.
static inline struct run *fuzz_open(void)
{
    error_local(err);
    struct loop *loop = loop_new();
    struct run *run = run_new(loop, fetcher_new(loop), &fuzz_options, &mode_plan, NULL, &err);
    if (run == NULL || !state_prepare(run, prims, &err))
        abort();
    return run;
}

static inline void fuzz_close(struct run *run)
{
    struct loop *loop = run->loop;
    struct fetcher *fetcher = run->fetcher;
    run_free(run);
    fetcher_free(fetcher);
    loop_free(loop);
}
