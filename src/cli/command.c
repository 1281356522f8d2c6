#include "cli/command.h"

#include <ctype.h>
#include <string.h>

#include "net/loop.h"
#include "net/spawn.h"

enum { TIMEOUT_MS = 120000 };

struct command {
    struct arena *arena;
    const char *name;
    const char *text;
    struct error *err;
    bool ended;
};

static void on_done(const struct spawn_result *r, void *arg)
{
    struct command *c = arg;
    size_t len = r->out_len;
    while (len && isspace((unsigned char)r->out[len - 1]))
        len--;
    c->ended = true;
    if (r->error)
        error_set(c->err, "%s", r->error);
    else if (r->status != 0)
        error_set(c->err, "%s ended with status %d", c->name, r->status);
    else if (len == 0 || r->truncated || memchr(r->out, '\0', len))
        error_set(c->err, "%s printed %s", c->name, len ? "too much, or no text" : "nothing");
    else
        c->text = arena_copy(c->arena, r->out, len);
}

const char *command_output(struct loop *loop, struct arena *a, const char *const *argv,
                           struct error *err)
{
    struct command c = {.arena = a, .name = argv[0], .err = err};
    const struct spawn_request request = {
        .argv = argv, .timeout_ms = TIMEOUT_MS, .pass_stderr = true, .terminal = true};
    spawn_start(loop, &request, on_done, &c);
    while (!c.ended)
        loop_once(loop);
    return c.text;
}
