#include "engine/source.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/embedded.h"
#include "base/file.h"
#include "engine/failure.h"
#include "engine/journal.h"
#include "engine/run.h"

enum { LARGEST_SOURCE = 4 * 1024 * 1024 };

const char *source_cut(struct arena *a, const char *text, int number)
{
    for (int line = 1; line < number && text; line++) {
        text = strchr(text, '\n');
        text = text ? text + 1 : NULL;
    }
    if (text == NULL)
        text = "";
    text += strspn(text, " \t");
    return arena_copy(a, text, strcspn(text, "\r\n"));
}

// The kept text of a file, or NULL.
static const char *kept_text(const struct value *sources, const char *path)
{
    for (size_t i = 0; i < value_count(sources); i++) {
        const struct value *source = sources->object.members[i].value;
        const char *chunk = value_get_text(source, "chunk");
        if (strcmp(chunk + (*chunk == '@'), path) == 0)
            return value_get_text(source, "text");
    }
    return NULL;
}

const char *source_line(struct arena *a, const struct value *sources, const char *where)
{
    const char *colon = strrchr(where, ':'), *line = "";
    struct buf text = {.max = LARGEST_SOURCE};
    if (colon == NULL)
        return line;
    const char *path = arena_copy(a, where, (size_t)(colon - where));
    const char *kept = sources ? kept_text(sources, path) : NULL;
    if (kept || (sources == NULL && file_read(path, &text, NULL)))
        line = source_cut(a, kept ? kept : buf_text(&text), atoi(colon + 1));
    buf_free(&text);
    return line;
}

// Pushes "folder/module.lua", with the module's dots as folders.
static const char *push_path(lua_State *L, const char *folder, size_t folder_len,
                             const char *module)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    luaL_addlstring(&b, folder, folder_len);
    if (folder_len)
        luaL_addchar(&b, '/');
    for (const char *p = module; *p; p++)
        luaL_addchar(&b, *p == '.' ? '/' : *p);
    luaL_addstring(&b, ".lua");
    luaL_pushresult(&b);
    return lua_tostring(L, -1);
}

// Reads a file into a Lua string; false with `err` set.
static bool push_file(lua_State *L, const char *path, struct error *err)
{
    struct buf text = {.max = LARGEST_SOURCE};
    bool ok = file_read(path, &text, err);
    if (ok) {
        luaL_Buffer b; // filled before anything else can fail, so that `text` cannot leak
        char *room = luaL_buffinitsize(L, &b, text.len);
        memcpy(room, buf_text(&text), text.len);
        luaL_pushresultsize(&b, text.len);
    }
    buf_free(&text);
    return ok;
}

static bool push_ours(lua_State *L, const char *module)
{
    const char *override = getenv("RUNBOOK_LUA_PATH");
    if (override && *override) {
        const char *path = push_path(L, override, strlen(override), module);
        bool found = push_file(L, path, NULL);
        lua_remove(L, found ? -2 : -1);
        if (found)
            return true;
    }
    const struct embedded *file = embedded_find(module);
    if (file)
        lua_pushlstring(L, file->text, file->len);
    return file != NULL;
}

void source_keep(struct run *run, const char *module, const char *chunk, const char *text,
                 size_t len)
{
    struct arena *a = &run->arena;
    if (run->journal)
        run->journal->source(run->journal, module, chunk, text, len);
    if (run->loaded) {
        struct value *kept = value_object(a);
        value_set(a, kept, "chunk", value_string(a, chunk));
        value_set(a, kept, "text", value_bytes(a, text, len));
        value_set(a, run->loaded, module ? module : "", kept);
    }
}

// Pushes what the journal kept of the module, when the run goes on; false when it kept nothing.
static bool push_kept(lua_State *L, const struct run *run, const char *module)
{
    const struct value *kept = value_get(run->sources, module);
    if (kept == NULL)
        return false;
    const struct value *text = value_get(kept, "text");
    lua_pushlstring(L, text->string.text, text->string.len);
    lua_pushstring(L, value_get_text(kept, "chunk"));
    return true;
}

// Pushes the path of a module's file beside the runbook.
static const char *push_beside(lua_State *L, const char *runbook_file, const char *module)
{
    const char *slash = runbook_file ? strrchr(runbook_file, '/') : NULL;
    size_t len = slash ? (size_t)(slash - runbook_file) : 0;
    return push_path(L, slash ? runbook_file : "", len, module);
}

int source_push(lua_State *L, const char *runbook_file, const char *module)
{
    if (strncmp(module, "runbook.", 8) == 0 || strncmp(module, "prelude.", 8) == 0) {
        if (!push_ours(L, module))
            return failure_raise(L, FAILURE_USAGE,
                                 "there is no library '%s'; `runbook help libraries` lists them",
                                 module);
        lua_pushfstring(L, "=[%s]", module);
        return 2;
    }
    error_local(err);
    const char *path = push_beside(L, runbook_file, module);
    if (!push_file(L, path, &err))
        return failure_raise_error(L, FAILURE_USAGE, lua_pushfstring(L, "require \"%s\"", module),
                                   &err);
    lua_pushfstring(L, "@%s", path);
    lua_remove(L, -3); // the path
    return 2;
}

bool source_is_there(lua_State *L, const char *module)
{
    const struct run *run = run_of(L);
    if (value_get(run->sources, "")) // the runbook itself is always among them
        return value_get(run->sources, module) != NULL;
    const char *path = push_beside(L, run->options->file, module);
    bool there = access(path, F_OK) == 0;
    lua_pop(L, 1);
    return there;
}

int source_load(lua_State *L, const char *module)
{
    struct run *run = run_of(L);
    bool ours = strncmp(module, "prelude.", 8) == 0;
    bool kept = !ours && push_kept(L, run, module);
    if (!kept)
        source_push(L, run->options->file, module);
    if (!ours && (!kept || run->past == NULL)) { // what a resumed run gets is on record
        size_t len;
        const char *text = lua_tolstring(L, -2, &len);
        source_keep(run, module, lua_tostring(L, -1), text, len);
    }
    return 2;
}

int source_compile(lua_State *L, const char *module)
{
    size_t len;
    const char *text = lua_tolstring(L, -2, &len), *chunk = lua_tostring(L, -1);
    const struct embedded *file = embedded_find(module);
    bool same = file && file->code_len && file->len == len && memcmp(file->text, text, len) == 0;
    int status = same ? luaL_loadbufferx(L, file->code, file->code_len, chunk, "b")
                      : luaL_loadbufferx(L, text, len, chunk, "t");
    lua_replace(L, -3);
    lua_pop(L, 1);
    return status;
}
