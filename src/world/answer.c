#include "world/answer.h"

#include <lauxlib.h>
#include <stdio.h>
#include <strings.h>

#include "base/json.h"
#include "engine/convert.h"
#include "world/state.h"

static bool header_there(const struct value *headers, const char *name)
{
    for (size_t i = 0; i < value_count(headers); i++)
        if (strcasecmp(headers->object.members[i].key, name) == 0)
            return true;
    return false;
}

static void json_body(struct world_answer *answer, struct arena *a, const struct value *v)
{
    struct buf text = {0};
    json_write(&text, v, JSON_CANONICAL);
    answer->len = text.len;
    answer->body = arena_copy(a, buf_text(&text), text.len);
    buf_free(&text);
}

// With the handler's table at 1: its body, as text, as a value or as a function.
static void body_read(lua_State *L, struct job *job)
{
    struct world_answer *answer = job->answer;
    const char *type = "";
    if (lua_getfield(L, 1, "stream") == LUA_TFUNCTION) {
        answer->stream = luaL_ref(L, LUA_REGISTRYINDEX);
    } else if (lua_getfield(L, 1, "json") != LUA_TNIL) {
        json_body(answer, job->arena, world_plain(L, -1, job->arena, "json"));
        type = "application/json";
    } else if (lua_getfield(L, 1, "body") != LUA_TNIL) {
        world_expect(L, -1, LUA_TSTRING, "body");
        const char *text = lua_tolstring(L, -1, &answer->len);
        answer->body = arena_copy(job->arena, text, answer->len);
        type = "text/plain; charset=utf-8";
    }
    if (*type && !header_there(answer->headers, "content-type"))
        value_set(job->arena, answer->headers, "Content-Type", value_string(job->arena, type));
}

static int job_answer(lua_State *L)
{
    struct job *job = job_of(L);
    struct world_answer *answer = job->answer;
    world_push_spec(job->world);
    lua_getfield(L, 1, "handle");
    lua_getfield(L, 2, job->text);
    world_push_self(job->world);
    convert_push(L, job->in);
    lua_call(L, 2, 1);
    lua_replace(L, 1);
    lua_settop(L, 1);
    world_expect(L, 1, LUA_TTABLE, "what a handler returns");

    if (lua_getfield(L, 1, "away") != LUA_TNIL)
        answer->away = world_plain(L, 2, job->arena, "away");
    lua_settop(L, 1);
    lua_getfield(L, 1, "abort");
    answer->abort = lua_toboolean(L, 2);
    answer->read_only = lua_getfield(L, 1, "write") == LUA_TBOOLEAN && !lua_toboolean(L, 3);
    if (lua_getfield(L, 1, "status") != LUA_TNIL)
        answer->status = (int)lua_tointeger(L, 4);
    if (answer->status < 200 || answer->status > 599)
        return luaL_error(L, "status must be a number from 200 to 599");
    if (lua_getfield(L, 1, "headers") != LUA_TNIL)
        answer->headers = world_plain(L, 5, job->arena, "headers");
    body_read(L, job);
    return 0;
}

void answer_make(struct world *w, struct value *request, struct arena *a, struct world_answer *out)
{
    const char *service = value_get_text(request, "service");
    struct job job = {.arena = a, .text = service, .in = request, .answer = out};
    *out = (struct world_answer){.status = 200, .headers = value_object(a), .body = ""};
    error_local(err);
    if (world_protect(w, job_answer, &job, &err))
        return;
    fprintf(stderr, "sandbox: %s %s %s failed: %s\n", service, value_get_text(request, "method"),
            value_get_text(request, "target"), error_text(&err));
    answer_close(w, out->stream);
    *out = (struct world_answer){.status = 500, .headers = value_object(a)};
    value_set(a, out->headers, "Content-Type", value_string(a, "text/plain; charset=utf-8"));
    struct value *text = value_printf(a, "the sandbox's handler failed: %s\n", error_text(&err));
    out->body = text->string.text;
    out->len = text->string.len;
}

static int job_stream(lua_State *L)
{
    struct job *job = job_of(L);
    lua_rawgeti(L, LUA_REGISTRYINDEX, job->number);
    lua_call(L, 0, 1);
    if (lua_isnil(L, 1)) {
        job->number = 0;
        return 0;
    }
    world_expect(L, 1, LUA_TSTRING, "what a stream returns");
    size_t len;
    const char *text = lua_tolstring(L, 1, &len);
    buf_add(job->chunk, text, len);
    return 0;
}

bool answer_stream(struct world *w, int stream, struct buf *out)
{
    struct job job = {.chunk = out, .number = stream};
    error_local(err);
    if (!world_protect(w, job_stream, &job, &err)) {
        fprintf(stderr, "sandbox: a stream failed and was ended: %s\n", error_text(&err));
        job.number = 0;
    }
    if (job.number == 0)
        answer_close(w, stream);
    return job.number != 0;
}

void answer_close(struct world *w, int stream)
{
    if (stream)
        luaL_unref(w->L, LUA_REGISTRYINDEX, stream);
}
