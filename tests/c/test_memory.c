// As Lua's own tests do it: a small run is made again and again with a little more memory for Lua
// each time, until it succeeds. At no limit does it crash or leak.
#include <criterion/criterion.h>

#include "engine/mode.h"
#include "engine/outline.h"
#include "engine/run.h"
#include "engine/state.h"
#include "net/fetch.h"
#include "net/loop.h"
#include "prim/prims.h"

enum { STEP = 2048, ENOUGH = 64 * 1024 * 1024 };

static const char source[] =
    "local function spend(n) local t = {} for i = 1, n do t[i] = { i .. 'x' } end return #t end\n"
    "local kept = { ('k'):rep(60000), spend(300) }\n"
    "return runbook { name = 'memory', phase 'p' { on_failure = 'rollback',\n"
    "  step 'a' { function(run) exec { 'true' } return { spend(100) } end,\n"
    "    undo = function() exec { 'true' } end },\n"
    "  step 'b' { function(run)\n"
    "    each({ 1, 2, 3 }, function(i)\n"
    "      local closed <close> = setmetatable({}, { __close = function() spend(10) end })\n"
    "      wait.sleep('1ms')\n"
    "      return json.decode(json.encode { list = { ('a'):rep(2000), i }, deep = { { {} } } })\n"
    "    end)\n"
    "    local found = ('key=value '):rep(50):gsub('(%w+)=(%w+)', '%2=%1')\n"
    "    check(pcall(error, {}) == false, 'caught %s', found)\n"
    "    local t = {} for i = 1, 2000 do t[i] = 'item ' .. i end\n"
    "    local text = table.concat(t)\n"
    "    check(#text > 0, 'it is all there')\n"
    "  end } } }\n";

// Ends with the run's exit code, or with one below 0 for how far it came.
static int attempt(struct loop *loop, struct fetcher *fetcher, int64_t memory)
{
    struct run_options options = {.file = "memory.lua", .max_memory = memory, .no_input = true};
    error_local(err);
    struct buf text = {0};
    struct run *run = run_new(loop, fetcher, &options, &mode_live, NULL, &err);
    if (run == NULL)
        return -1;
    int code = -2;
    buf_puts(&text, source);
    if (state_prepare(run, prims, &err))
        code = outline_load(run->L, "memory.lua", &text, &run->arena, &run->outline, &err) ? 0 : -3;
    if (code == 0)
        code = run_walk(run);
    buf_free(&text);
    run_free(run);
    return code;
}

Test(memory, is_short_at_every_place_once)
{
    struct loop *loop = loop_new();
    struct fetcher *fetcher = fetcher_new(loop);
    int seen[4] = {0}, rolled_back = 0, attempts = 0, code = -1;
    for (int64_t memory = STEP; code != EXIT_DONE && memory < ENOUGH; memory += STEP, attempts++) {
        code = attempt(loop, fetcher, memory);
        cr_assert(code <= 0 || code == EXIT_CHECK || code == EXIT_ROLLED_BACK ||
                      code == EXIT_NOT_ROLLED_BACK,
                  "with %lld bytes it ends with %d", (long long)memory, code);
        if (code < 0)
            seen[-code]++;
        rolled_back += code == EXIT_ROLLED_BACK;
    }
    cr_assert_eq(code, EXIT_DONE, "it succeeds with enough");
    cr_assert(seen[1] && seen[2] && seen[3] && rolled_back,
              "state %d, prelude %d, load %d, undone %d", seen[1], seen[2], seen[3], rolled_back);
    cr_log_info("%d attempts", attempts);
    fetcher_free(fetcher);
    loop_free(loop);
}
