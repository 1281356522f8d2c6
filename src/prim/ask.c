// ask: people. ask.approve, ask.confirm and ask.text, on the terminal.
#include <ctype.h>
#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/code.h"
#include "engine/door.h"
#include "engine/failure.h"
#include "engine/quote.h"
#include "engine/run.h"
#include "net/loop.h"
#include "prim/args.h"
#include "prim/prims.h"

enum { QUESTION_BYTES = 4096, LARGEST_LINE = 65536 };

struct question {
    struct effect *effect;
    struct question *next;
    struct watch *input;
    struct timer *timer; // until it expires, or until its turn begins
    struct buf line;
};

// There is one terminal: its first question is asked, the others wait for their turn.
static struct question *first;

static void ask_person(void *arg);

static const char *kind_of(const struct effect *e)
{
    return strchr(e->kind->name, '.') + 1;
}

static bool is_kind(const struct effect *e, const char *kind)
{
    return strcmp(kind_of(e), kind) == 0;
}

static void tell(struct effect *e, enum event_type type, const char *answer, const char *by)
{
    struct arena a = {0};
    struct value *data = value_object(&a);
    value_set(&a, data, "kind", value_string(&a, kind_of(e)));
    value_set(&a, data, "question", value_get(e->args, "question"));
    value_set(&a, data, "answer", value_string(&a, answer));
    value_set(&a, data, "by", value_string(&a, by));
    run_tell(e->run, type, data);
    arena_free(&a);
}

static void answer(struct effect *e, struct value *result, const char *shown, const char *by)
{
    e->result = result;
    e->answer = arena_printf(&e->arena, "%s, by %s", shown, by);
    tell(e, EVENT_ANSWERED, shown, by);
    effect_end(e);
}

static void question_close(struct effect *e)
{
    struct question *q = e->work, **at = &first;
    watch_stop(q->input);
    timer_stop(q->timer);
    buf_free(&q->line);
    q->input = NULL;
    q->timer = NULL;
    while (*at != q)
        at = &(*at)->next;
    *at = q->next;
    if (at == &first && first) // from the loop: it may be about to be cancelled, too
        first->timer = timer_start(first->effect->run->loop, 0, ask_person, first);
}

static bool is_yes(const char *line)
{
    return strcasecmp(line, "yes") == 0 || strcasecmp(line, "y") == 0;
}

static bool is_no(const char *line)
{
    return *line == '\0' || strcasecmp(line, "no") == 0 || strcasecmp(line, "n") == 0;
}

// The person has typed a line, or closed the terminal (`line` NULL).
static void decide(struct effect *e, const char *line)
{
    struct arena *a = &e->arena;
    char *text = line ? arena_dup(a, line) : NULL;
    question_close(e);
    if (text == NULL) {
        e->error = arena_printf(a, "\"%s\" got no answer: the terminal was closed",
                                value_get_text(e->args, "question"));
        effect_end(e);
    } else if (is_kind(e, "text")) {
        const char *fallback = value_get_text(e->args, "default");
        answer(e, value_string(a, *text ? text : fallback), *text ? text : fallback, "terminal");
    } else if (is_kind(e, "confirm") || is_yes(text)) {
        answer(e, value_bool(a, is_yes(text)), is_yes(text) ? "yes" : "no", "terminal");
    } else {
        tell(e, EVENT_ANSWERED, "no", "terminal");
        e->error =
            arena_printf(a, "\"%s\" was answered with no", value_get_text(e->args, "question"));
        effect_end(e);
    }
}

static void prompt(const char *text)
{
    fprintf(stderr, "    %s", text);
    fflush(stderr);
}

static void on_input(void *arg)
{
    struct question *q = arg;
    char block[512];
    ssize_t n = read(STDIN_FILENO, block, sizeof block);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) {
        decide(q->effect, NULL);
        return;
    }
    buf_add(&q->line, block, (size_t)n);
    char *end = q->line.data ? strchr(q->line.data, '\n') : NULL;
    if (end == NULL)
        return;
    while (end > q->line.data && isspace((unsigned char)end[-1]))
        end--;
    *end = '\0';
    const char *line = q->line.data + strspn(q->line.data, " \t");
    if (is_kind(q->effect, "text") || is_yes(line) || is_no(line)) {
        decide(q->effect, line);
        return;
    }
    buf_free(&q->line);
    q->line = (struct buf){.max = LARGEST_LINE};
    prompt("neither yes nor no; type one of them: ");
}

static void on_expiry(void *arg)
{
    struct question *q = arg;
    struct effect *e = q->effect;
    q->timer = NULL;
    question_close(e);
    e->code = CODE_TIMEOUT;
    e->error = arena_printf(&e->arena, "\"%s\" was not answered in time",
                            value_get_text(e->args, "question"));
    effect_end(e);
}

// Shows the question and listens; what was typed before it could be read is no answer to it.
static void ask_person(void *arg)
{
    struct question *q = arg;
    struct effect *e = q->effect;
    int64_t timeout = value_get_int(e->args, "timeout_ms", 0);
    const char *question = value_get_text(e->args, "question");
    q->timer = NULL;
    tell(e, EVENT_ASKED, NULL, NULL);
    if (e->run->options->unseen)
        fprintf(stderr, "%s\n",
                quote(e->run, &e->arena, question, strlen(question), CLIP_TEXT, QUESTION_BYTES));
    tcflush(STDIN_FILENO, TCIFLUSH);
    prompt(is_kind(e, "approve")   ? "type yes to go on, no to refuse: "
           : is_kind(e, "confirm") ? "yes or no: "
                                   : "> ");
    q->input = watch_readable(e->run->loop, STDIN_FILENO, on_input, q);
    if (timeout)
        q->timer = timer_start(e->run->loop, timeout, on_expiry, q);
}

static void question_open(struct effect *e)
{
    struct question *q = arena_alloc(&e->arena, sizeof *q), **at = &first;
    *q = (struct question){.effect = e, .line = {.max = LARGEST_LINE}};
    e->work = q;
    while (*at)
        at = &(*at)->next;
    *at = q;
    if (at == &first)
        ask_person(q);
}

static void ask_perform(struct effect *e)
{
    const struct run_options *options = e->run->options;
    const struct value *fallback = value_get(e->args, "default");
    bool given = options->yes && (fallback || !is_kind(e, "text"));
    bool askable = !given && !options->no_input && isatty(STDIN_FILENO);
    if (askable) {
        question_open(e);
        return;
    }
    tell(e, EVENT_ASKED, NULL, NULL);
    if (given && is_kind(e, "text"))
        answer(e, value_copy(&e->arena, fallback), value_text(fallback), "--yes");
    else if (given)
        answer(e, value_bool(&e->arena, true), "yes", "--yes");
    else {
        e->error = arena_printf(&e->arena,
                                "\"%s\" needs a person, and there is no terminal to ask at; "
                                "run it in one%s",
                                value_get_text(e->args, "question"),
                                is_kind(e, "text") ? "" : ", or give every approval with --yes");
        effect_end(e);
    }
}

static const struct effect_kind approve_kind = {
    .name = "ask.approve", .perform = ask_perform, .cancel = question_close};
static const struct effect_kind confirm_kind = {
    .name = "ask.confirm", .perform = ask_perform, .cancel = question_close};
static const struct effect_kind text_kind = {
    .name = "ask.text", .perform = ask_perform, .cancel = question_close};

static const struct args ask_args = {
    NULL,
    {
        {"timeout", ARG_TIME, "how long a person has to answer (default: for ever)"},
    }};

static const struct args ask_text_args = {
    &ask_args,
    {
        {"default", ARG_TEXT, "the answer of who types none, and that of --yes"},
    }};

static int ask(lua_State *L, const struct effect_kind *kind)
{
    if (lua_type(L, 1) != LUA_TSTRING)
        return failure_raise(L, FAILURE_USAGE, "%s wants a question first: %s(\"Go on?\")",
                             kind->name, kind->name);
    lua_settop(L, 2);
    struct effect *e = effect_new(L, kind, ACCESS_HUMAN);
    struct arena *a = &e->arena;
    args_read(L, 2, e, kind->name, kind == &text_kind ? &ask_text_args : &ask_args);
    int64_t timeout = args_ms(L, e, "timeout", 0);
    const char *fallback = args_text(L, e, "default");
    e->args = value_object(a);
    value_set(a, e->args, "question", value_string(a, lua_tostring(L, 1)));
    value_set(a, e->args, "timeout_ms", value_int(a, timeout));
    if (fallback)
        value_set(a, e->args, "default", value_string(a, fallback));
    if (kind != &text_kind)
        value_set(a, e->args, "assumed", value_bool(a, true));
    else if (fallback)
        value_set(a, e->args, "assumed", value_string(a, fallback));
    e->summary = arena_printf(a, "ask: %s", lua_tostring(L, 1));
    return door_pass(L, e);
}

// ask.approve("question" [, { timeout = "30m" }]): goes on when a person types yes, or with --yes;
// otherwise, or when nobody answers in time, the step fails and the run ends as not approved.
static int ask_approve(lua_State *L)
{
    return ask(L, &approve_kind);
}

// ask.confirm("question" [, { timeout = "30m" }]): true or false; true with --yes and, unless
// `assume` says otherwise, in a plan.
static int ask_confirm(lua_State *L)
{
    return ask(L, &confirm_kind);
}

// ask.text("question" [, { default = "text", timeout = "30m", assume = "text" }]): the line that
// was typed, or the default; the default with --yes. In a plan `assume`, else the default, else it
// is not known.
static int ask_text(lua_State *L)
{
    return ask(L, &text_kind);
}

int prim_ask(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"approve", ask_approve}, {"confirm", ask_confirm}, {"text", ask_text}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
