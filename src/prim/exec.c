// exec: a program, by its argument list.
#include <ctype.h>
#include <lauxlib.h>
#include <string.h>

#include "base/code.h"
#include "base/duration.h"
#include "engine/credential.h"
#include "engine/door.h"
#include "engine/failure.h"
#include "engine/quote.h"
#include "engine/run.h"
#include "net/spawn.h"
#include "prim/args.h"
#include "prim/exec_plan.h"
#include "prim/prims.h"

enum { LAST_BYTES = 600 }; // of what a program said, in a failure
enum { LABEL_BYTES = 80 }; // of its summary, for where it outlives us

// Returns the texts of a list as spawn wants them.
static const char **texts(struct arena *a, const struct value *list)
{
    const char **all = arena_alloc(a, (value_count(list) + 1) * sizeof *all);
    for (size_t i = 0; i < value_count(list); i++)
        all[i] = value_text(value_at(list, i));
    return all;
}

static bool is_expected(const struct effect *e, int status)
{
    const struct value *ok = value_get(e->args, "ok");
    for (size_t i = 0; i < value_count(ok); i++)
        if (value_at(ok, i)->integer == status)
            return true;
    return false;
}

static struct value *outcome_value(struct arena *a, const struct spawn_result *r)
{
    struct value *v = value_object(a);
    value_set(a, v, "status", value_int(a, r->status));
    value_set(a, v, "out", value_bytes(a, r->out, r->out_len));
    value_set(a, v, "err", value_bytes(a, r->err, r->err_len));
    value_set(a, v, "seconds", value_float(a, r->seconds));
    value_set(a, v, "truncated", value_bool(a, r->truncated));
    return v;
}

// What it printed is a secret, without the line end that goes with it.
static void mask_output(struct effect *e, const struct spawn_result *r)
{
    struct run *run = e->run;
    size_t len = r->out_len;
    while (len && isspace((unsigned char)r->out[len - 1]))
        len--;
    const char *program = value_text(value_at(value_get(e->args, "argv"), 0));
    if (run->mask)
        run->mask(run->mask_arg, arena_printf(&e->arena, "output of %s", program), r->out, len);
}

// What is said of a program that is not there to who wrote a command line in its place.
static const char *one_word_hint(const struct effect *e, const struct spawn_result *r)
{
    const struct value *argv = value_get(e->args, "argv");
    bool line = value_count(argv) == 1 && strchr(value_text(value_at(argv, 0)), ' ');
    return r->status < 0 && line
               ? "; each argument is an item of its own: exec { \"program\", \"argument\" }"
               : "";
}

// What was kept of its output may end in the middle of a secret, also where it was stopped.
static struct spawn_result told(const struct run *run, const struct spawn_result *r)
{
    struct spawn_result told = *r;
    bool cut = r->truncated || r->error || r->status > 128;
    if (cut && run->whole) {
        told.out_len = run->whole(run->mask_arg, r->out, r->out_len);
        told.err_len = run->whole(run->mask_arg, r->err, r->err_len);
    }
    return told;
}

// Beside it nothing is taken back, and it is not started again.
static void note_left(struct effect *e, pid_t left)
{
    const struct run *run = e->run;
    const char *verb = run->undoing ? "rollback" : "resume";
    e->at_work = e->in_doubt = true;
    e->code = CODE_IN_DOUBT;
    e->error = arena_printf(&e->arena,
                            "in doubt: process %d of \"%s\" is still at work, and cannot be ended "
                            "from here. Have it end, as root: kill -KILL %d%s%s",
                            (int)left, e->summary, (int)left, run->journal ? "; then: " : "",
                            run->journal ? run_command(e->run, verb) : "");
}

static void exec_done(const struct spawn_result *result, void *arg)
{
    struct effect *e = arg;
    struct arena *a = &e->arena;
    const struct spawn_result whole = told(e->run, result), *r = &whole;
    e->work = NULL;
    if (value_get_bool(e->args, "secret", false))
        mask_output(e, r);
    const char *last = quote(e->run, a, r->err, r->err_len, CLIP_TAIL, LAST_BYTES);
    if (!*last)
        last = quote(e->run, a, r->out, r->out_len, CLIP_TAIL, LAST_BYTES);
    bool stopped = r->error || r->status > 128; // by our timeout or by a signal: halfway, maybe
    if (r->error)
        e->error = arena_printf(a, "%s: %s%s%s%s", e->summary, r->error,
                                *last ? "; it said last" : "", last, one_word_hint(e, r));
    else if (!is_expected(e, r->status))
        e->error = arena_printf(a, "%s ended with status %d%s%s", e->summary, r->status,
                                *last ? "; it said last" : " and said nothing", last);
    if (e->error)
        e->code = r->status < 0 ? CODE_NOT_STARTED
                  : r->error    ? CODE_TIMEOUT
                                : arena_printf(a, CODE_EXIT "%d", r->status);
    e->in_doubt = e->error && stopped && r->status >= 0 && e->access == ACCESS_WRITE;
    e->refused = e->error && r->status < 0; // it never began
    if (r->left)
        note_left(e, r->left);
    if (e->error == NULL)
        e->result = outcome_value(a, r);
    if (r->status >= 0) {
        char time[64];
        duration_format((int64_t)(r->seconds * 1000), time, sizeof time);
        e->answer = arena_printf(a, "status %d in %s", r->status, time);
    }
    effect_end(e);
}

// Before it can do anything it is on record which process it is: whoever goes on with the run looks
// whether that is still at work.
static bool exec_born(void *arg, const struct value *process, struct error *err)
{
    struct effect *e = arg;
    struct arena *a = &e->arena;
    struct value *kept = value_copy(a, process);
    int64_t timeout = value_get_int(e->args, "timeout_ms", SPAWN_TIMEOUT_MS);
    value_set(a, kept, "timeout_ms", value_int(a, timeout));
    return effect_entrust(e, kept, err);
}

static void exec_waits(void *arg, pid_t who)
{
    const struct effect *e = arg;
    struct arena *a = &e->run->arena;
    struct value *data = value_object(a);
    value_set(a, data, "level", value_string(a, "warn"));
    value_set(a, data, "text",
              value_printf(a,
                           "\"%s\" was stopped; waiting for the end of what it has started: "
                           "process %d",
                           e->summary, (int)who));
    run_tell(e->run, EVENT_LOG, data);
}

static void exec_perform(struct effect *e)
{
    const struct value *input = value_get(e->args, "stdin"), *cwd = value_get(e->args, "cwd");
    struct spawn_request request = {
        .argv = texts(&e->arena, value_get(e->args, "argv")),
        .env = texts(&e->arena, value_get(e->args, "env")),
        .cwd = cwd ? cwd->string.text : NULL,
        .input = input ? input->string.text : NULL,
        .input_len = input ? input->string.len : 0,
        .timeout_ms = value_get_int(e->args, "timeout_ms", 0),
        .max_bytes = (size_t)value_get_int(e->args, "max_bytes", 0),
        .label = quote(e->run, &e->arena, e->summary, strlen(e->summary), CLIP_LINE, LABEL_BYTES),
        .born = e->access == ACCESS_WRITE ? exec_born : NULL, // what only looks may go on
        .waits = exec_waits,
        .born_arg = e,
    };
    e->work = spawn_start(e->run->loop, &request, exec_done, e);
}

static void exec_cancel(struct effect *e)
{
    pid_t left = spawn_cancel(e->work);
    e->work = NULL;
    if (left)
        note_left(e, left);
}

static struct value *exec_complete(struct effect *e, const struct value *given)
{
    const struct spawn_result none = {.out = "", .err = ""};
    struct value *v = outcome_value(&e->arena, &none);
    if (given->type != VALUE_OBJECT)
        return NULL;
    for (size_t i = 0; i < value_count(given); i++)
        value_set(&e->arena, v, given->object.members[i].key, given->object.members[i].value);
    return v;
}

static const struct effect_kind exec_kind = {.name = "exec",
                                             .roams = true,
                                             .perform = exec_perform,
                                             .cancel = exec_cancel,
                                             .complete = exec_complete};

// Takes the list part of the table at index 1 as argv and leaves a table of the rest on the stack.
static struct value *split(lua_State *L, struct arena *a)
{
    struct value *argv = value_array(a);
    lua_Integer listed = 0;
    lua_newtable(L); // options
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING) {
            listed++;
            continue;
        }
        lua_pushvalue(L, -2); // options key value key
        lua_pushvalue(L, -2);
        lua_rawset(L, -5);
    }
    for (lua_Integer i = 1; i <= listed; i++) {
        size_t len;
        int type = lua_rawgeti(L, 1, i);
        if (type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TUSERDATA)
            failure_raise(L, FAILURE_USAGE, "exec: argument %d is a %s, not text", (int)i,
                          luaL_typename(L, -1));
        const char *text = luaL_tolstring(L, -1, &len); // an unknown raises its own failure
        if (strlen(text) != len)
            failure_raise(L, FAILURE_USAGE, "exec: argument %d holds a NUL byte", (int)i);
        value_push(a, argv, value_bytes(a, text, len));
        lua_pop(L, 2);
    }
    if (listed == 0 || *value_text(value_at(argv, 0)) == '\0')
        failure_raise(
            L, FAILURE_USAGE,
            "exec wants a program and its arguments: exec { \"kubectl\", \"get\", \"pods\" }");
    return argv;
}

// { A = "b" } becomes [ "A=b" ].
static void env_read(lua_State *L, struct effect *e)
{
    struct arena *a = &e->arena;
    const struct value *env = value_get(e->args, "env");
    struct value *lines = value_array(a);
    if (env == NULL)
        return;
    for (size_t i = 0; i < value_count(env); i++) {
        const struct value_member *m = &env->object.members[i];
        need_add(e, "env", NULL, m->key, NULL);
        bool plain = m->key_len && !memchr(m->key, '=', m->key_len) && strlen(m->key) == m->key_len;
        if (plain && m->value->type == VALUE_STRING &&
            strlen(m->value->string.text) == m->value->string.len)
            value_push(a, lines, value_printf(a, "%s=%s", m->key, m->value->string.text));
        else if (plain && m->value->type == VALUE_INT)
            value_push(a, lines, value_printf(a, "%s=%lld", m->key, (long long)m->value->integer));
        else
            failure_raise(L, FAILURE_USAGE, "exec: '%s' of env must be text or a whole number",
                          m->key);
    }
    value_set(a, e->args, "env", lines);
}

static void ok_read(lua_State *L, struct effect *e)
{
    struct arena *a = &e->arena;
    struct value *ok = value_get(e->args, "ok");
    if (ok == NULL) {
        ok = value_array(a);
        value_push(a, ok, value_int(a, 0));
        value_set(a, e->args, "ok", ok);
    }
    bool fits = true;
    for (size_t i = 0; i < value_count(ok) && fits; i++)
        fits = value_at(ok, i)->type == VALUE_INT;
    if (!fits)
        failure_raise(L, FAILURE_USAGE, "exec: ok must be a list of exit statuses: ok = { 0, 1 }");
}

static void limits_read(lua_State *L, struct effect *e)
{
    int64_t timeout = args_ms(L, e, "timeout", -1), max_bytes = args_bytes(L, e, "max_bytes", 0);
    if (timeout == 0)
        failure_raise(L, FAILURE_USAGE, "exec: the timeout must be longer than 0");
    value_remove(e->args, "timeout");
    if (timeout > 0)
        value_set(&e->arena, e->args, "timeout_ms", value_int(&e->arena, timeout));
    if (max_bytes)
        value_set(&e->arena, e->args, "max_bytes", value_int(&e->arena, max_bytes));
}

// What the author says the outcome will be, in the shape of a real one.
static void complete_assumption(lua_State *L, struct effect *e)
{
    if (e->assume == NULL)
        return;
    e->assume = exec_complete(e, e->assume);
    if (e->assume == NULL)
        failure_raise(
            L, FAILURE_USAGE,
            "exec: assume must describe the outcome: assume = { status = 0, out = \"...\" }");
    e->answer =
        arena_printf(&e->arena, "status %lld", (long long)value_get_int(e->assume, "status", 0));
}

static const struct args exec_args = {
    NULL,
    {
        {"reads", ARG_FLAG, "true: it only looks, so it runs in a plan too"},
        {"stdin", ARG_BLOB, "what it reads"},
        {"env", ARG_TABLE, "variables besides ours: `{ NAME = \"text\" }`"},
        {"cwd", ARG_TEXT, "the folder that it runs in"},
        {"timeout", ARG_TIME, "of the program (default 60s)"},
        {"max_bytes", ARG_SIZE, "how much is kept of each output (default 1MB)"},
        {"ok", ARG_LIST, "the statuses that are no failure (default `{ 0 }`)"},
        {"system", ARG_TEXT,
         "what it works on, where that is one thing. A plan takes what is read after a write to "
         "the "
         "same for what is so before the change; without it, what is read after any write"},
        {"secret", ARG_FLAG,
         "true: what it prints is one; it is shown nowhere, and the journal does not keep it"},
        {"probe", ARG_FUNCTION, "looks whether it was done, as with http.request"},
    }};

// exec { "kubectl", "get", "pods", reads = true, stdin = text, env = { NAME = "text" }, cwd = path,
//        timeout = "60s", max_bytes = "1MB", ok = { 0 }, secret = true, assume = { out = "..." } }
//   [exec_args]
// Runs a program, never a shell: each argument arrives as it stands. Effect: a write, unless
// `reads` says that it only looks. Returns { status, out, err, seconds, truncated }; of each output
// the first max_bytes are kept; where that, or its being stopped, has cut it within a secret it
// ends before that. Raises an effect failure with the last lines of what it said when the status is
// not in `ok`, when it does not end in time, or when there is no such program. When the run dies
// the program gets SIGTERM; what it has started goes on. Who goes on with the run waits for the
// program and all that it has started, as long as its timeout says, before anything else; so does
// the run itself for what the timeout has stopped. What they are tells their process group, their
// output, and a mark in their environment: only what leaves all three behind is out of sight. With
// `secret` what it prints is one: it is shown nowhere, and the journal does not keep it. `probe` is
// as with http.request: a function that looks whether it was done. `exec.run` is the same.
static int exec_run(lua_State *L)
{
    if (lua_type(L, 1) == LUA_TSTRING)
        return failure_raise(
            L, FAILURE_USAGE,
            "exec takes a list and no command line, for there is no shell that would "
            "take it apart: exec { \"kubectl\", \"get\", \"pods\" }");
    if (!lua_istable(L, 1))
        return failure_raise(L, FAILURE_USAGE, "exec wants a table, not a %s", luaL_typename(L, 1));
    if (!lua_isnoneornil(L, 2))
        return failure_raise(L, FAILURE_USAGE,
                             "exec takes one table, and would ignore what stands behind it; its "
                             "options stand beside the arguments: exec { \"kubectl\", \"get\", "
                             "\"pods\", timeout = \"1m\" }");
    lua_settop(L, 1);
    struct effect *e = effect_new(L, &exec_kind, ACCESS_WRITE);
    struct arena *a = &e->arena;
    struct value *argv = split(L, a);
    args_read(L, -1, e, "exec", &exec_args);
    lua_pop(L, 1);
    if (args_bool(L, e, "reads", false))
        e->access = ACCESS_READ;
    value_remove(e->args, "reads");
    e->sensitive = args_bool(L, e, "secret", false);
    env_read(L, e);
    ok_read(L, e);
    limits_read(L, e);
    credential_of_texts(run_of(L), argv);
    credential_of_texts(run_of(L), value_get(e->args, "env"));
    value_set(a, e->args, "argv", argv);
    exec_describe(run_of(L), e);
    need_add_words(e, "exec", argv, args_text(L, e, "cwd"));
    const char *system = args_text(L, e, "system");
    e->apart = system != NULL;
    e->system = arena_printf(a, "command %s", system ? system : value_text(value_at(argv, 0)));
    complete_assumption(L, e);
    return door_pass(L, e);
}

// Called as exec { ... }: the table exec itself comes first.
static int exec_call(lua_State *L)
{
    lua_remove(L, 1);
    return exec_run(L);
}

int prim_exec(lua_State *L)
{
    static const luaL_Reg functions[] = {{"run", exec_run}, {NULL, NULL}};
    luaL_newlib(L, functions);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, exec_call);
    lua_setfield(L, -2, "__call");
    lua_setmetatable(L, -2);
    return 1;
}
