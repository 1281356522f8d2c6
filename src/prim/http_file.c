#include "prim/http_file.h"

#include <string.h>
#include <sys/stat.h>

#include "engine/failure.h"
#include "engine/run.h"
#include "engine/subject.h"
#include "net/fetch_sink.h"
#include "prim/args.h"
#include "prim/http_answer.h"
#include "prim/http_wire.h"

static const char *file_of(const struct effect *e)
{
    return value_get_text(e->args, "to_file");
}

void http_file_read(lua_State *L, struct effect *e)
{
    const char *file = args_text(L, e, "to_file");
    struct stat st;
    if (file == NULL)
        return;
    size_t len = strlen(file);
    bool folder = len == 0 || file[len - 1] == '/';
    if (folder || (stat(file, &st) == 0 && !S_ISREG(st.st_mode)))
        failure_raise(L, FAILURE_USAGE,
                      "to_file must name a file, and '%s' is %s; nothing was asked for", file,
                      len == 0 ? "empty" : "something else");
    need_add(e, "write", NULL, file, NULL);
    e->local = e->access == ACCESS_READ;
    e->access = ACCESS_WRITE;
}

void http_file_foresee(struct effect *e)
{
    const char *file = file_of(e);
    struct arena *a = &e->arena;
    struct stat st;
    if (*file == '\0')
        return;
    const char *place = subject_file(a, file), *slash = strrchr(place, '/');
    const char *folder = slash ? arena_copy(a, place, (size_t)(slash - place) + 1) : ".";
    char size[32];
    if (stat(place, &st) == 0)
        e->note = arena_printf(a, "%s is there (%s) and would be overwritten", file,
                               size_format((uint64_t)st.st_size, size, sizeof size));
    else if (stat(folder, &st) == 0)
        e->note = arena_printf(a, "%s is not there and would be made", file);
    else
        e->note = arena_printf(a, "%s could not be made now: its folder is not there", file);
}

// A plan looks at an answer's head only.
static bool drop_body(const char *bytes, size_t len, void *arg)
{
    (void)bytes;
    (void)len;
    (void)arg;
    return false;
}

static void rehearsed(struct fetch *fetch, const struct fetch_result *r, void *arg)
{
    struct effect *e = arg;
    (void)fetch;
    e->work = NULL;
    http_answered(e, r);
    e->refused = e->refused && !e->stale; // else it may be answered otherwise by then
    e->would_be = e->result;
    effect_end(e);
}

bool http_file_rehearse(struct effect *e)
{
    if (!e->local || e->alone)
        return false;
    struct fetch_request request = http_wire(e);
    request.to_file = NULL;
    request.on_data = drop_body;
    e->work = fetch_start(e->run->fetcher, &request, rehearsed, e);
    return true;
}

bool http_file_stands(const struct effect *e)
{
    struct stat st;
    return !e->local || stat(file_of(e), &st) == 0;
}
