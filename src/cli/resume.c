// resume and rollback: go on with a run that stopped, or undo what a run did, out of the journal.
#include <stdio.h>
#include <string.h>

#include "cli/kept.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "engine/mode.h"
#include "record/redact.h"

static int fail(int code, const char *text)
{
    fprintf(stderr, "runbook: %s\n", text);
    return code;
}

static bool is_among(const struct value *numbers, const char *number)
{
    char text[32];
    for (size_t i = 0; i < value_count(numbers); i++) {
        snprintf(text, sizeof text, "%lld", (long long)value_at(numbers, i)->integer);
        if (strcmp(text, number) == 0)
            return true;
    }
    return false;
}

// { SEQ: decision } of the --resolve options. NULL with `err` set when there is nothing to decide
// about one of them.
static struct value *resolutions(struct store *store, const struct options *o,
                                 const struct history *h, struct arena *a, struct error *err)
{
    struct value *v = value_object(a), *doubts = history_doubts(store, h, a, err);
    for (const char **r = o->resolve; doubts && r && *r; r++) {
        const char *equals = strchr(*r, '=');
        const char *seq = arena_copy(a, *r, (size_t)(equals - *r));
        value_set(a, v, seq, value_string(a, equals + 1));
        if (!is_among(doubts, seq)) {
            error_set(err, "effect %s of run %s is not in doubt; `runbook show %s` lists what is",
                      seq, h->id, h->id);
            return NULL;
        }
    }
    return doubts ? v : NULL;
}

static bool may_resume(const struct history *h, struct error *err)
{
    if (h->outcome && strcmp(h->outcome, "done") == 0)
        return error_set(err, "run %s came to its end; there is nothing to go on with", h->id);
    if (h->rolled_back)
        return error_set(err, "run %s was rolled back; start anew with: runbook %s", h->id,
                         h->file);
    return true;
}

static bool may_roll_back(const struct history *h, struct error *err)
{
    if (h->rolled_back)
        return error_set(err, "run %s was rolled back already", h->id);
    return true;
}

// What take_back in engine/run.c reads: a rollback that is to begin, unless one is under way
// already.
static void ask_for_rollback(struct history *h, struct arena *a)
{
    struct value *rollback = value_get(h->past, "rollback");
    if (rollback && rollback->type != VALUE_NULL) {
        value_set(a, rollback, "wished", value_bool(a, true));
        return;
    }
    rollback = value_object(a);
    value_set(a, rollback, "wished", value_bool(a, true));
    value_set(a, rollback, "generation", value_int(a, value_get_int(h->past, "generation", 0) + 1));
    value_set(a, rollback, "cause", value_string(a, UNDO_WISH));
    value_set(a, rollback, "undone", value_array(a));
    value_set(a, h->past, "rollback", rollback);
}

// What stands in a step's result for a secret becomes the secret again. One that is not known any
// more makes the result useless.
static struct value *with_secrets(struct session *s, const struct value *past)
{
    struct arena *a = &s->run->arena;
    struct value *whole = redact_restore(a, s->secrets, past);
    const struct value *steps = value_get(whole, "steps");
    for (size_t i = 0; i < value_count(steps); i++) {
        struct value *step = steps->object.members[i].value;
        value_set(a, step, "withheld", value_bool(a, redact_stands(value_get(step, "result"))));
    }
    return whole;
}

// With the lock held: what the run looks like now, for it may have gone on since it was looked for.
static int look_again(struct session *s, const struct options *o, struct history *h, bool rollback,
                      struct arena *a)
{
    struct error err;
    if (!history_find(s->store, h->id, a, h, &err) ||
        !(rollback ? may_roll_back(h, &err) : may_resume(h, &err)))
        return fail(EXIT_USAGE, err.text);
    s->run->resolutions = resolutions(s->store, o, h, a, &err);
    if (s->run->resolutions == NULL)
        return fail(EXIT_USAGE, err.text);
    if (rollback)
        ask_for_rollback(h, a);
    s->run->past = with_secrets(s, h->past);
    s->run->began_with = h->sources;
    return 0;
}

// Another source has to have the steps that are finished.
static int find_steps(const struct session *s, const struct history *h)
{
    struct error err;
    const struct value *order = value_get(h->past, "order");
    for (size_t i = 0; i < value_count(order); i++) {
        const char *name = value_text(value_at(order, i));
        if (outline_step(&s->run->outline, name))
            continue;
        error_set(&err,
                  "run %s has been through the step \"%s\", which %s has no more; without "
                  "--upgrade it goes on with the source that it began with",
                  h->id, name, h->file);
        return fail(EXIT_STALE, err.text);
    }
    return 0;
}

// Runs the stored source; --upgrade takes the files as they are now.
static int go_on(struct options *o, struct history *h, bool rollback, struct arena *a)
{
    struct session session;
    if (o->upgrade && o->approval)
        return fail(EXIT_STALE, "it applies a plan, which was approved for the source that it was "
                                "made of; without --upgrade it goes on with that");
    if (o->upgrade)
        h->sources = value_object(a);
    int code = session_open(&session, o, &mode_replay, h);
    if (code == 0)
        session.run->proves = o->upgrade;
    if (code == 0)
        code = find_steps(&session, h);
    if (code == 0)
        code = session_prepare(&session, o);
    if (code == 0)
        code = look_again(&session, o, h, rollback, a);
    if (code == 0)
        code = session_start(&session, o);
    if (code == 0)
        code = session_run(&session);
    return session_close(&session, code);
}

static int find_and_go_on(struct options *o, bool rollback)
{
    struct arena a = {0};
    struct error err;
    struct history h;
    struct store *store;
    int code = session_store(o, &store);
    if (code)
        return code;
    bool found = history_find(store, o->run.file, &a, &h, &err) &&
                 (rollback ? may_roll_back(&h, &err) : may_resume(&h, &err));
    store_close(store);
    if (found) {
        o->run.file = h.file;
        o->run.from = o->run.only = NULL;
        kept_take(o, h.options);
        code = go_on(o, &h, rollback, &a);
    } else {
        code = fail(EXIT_USAGE, err.text);
    }
    arena_free(&a);
    return code;
}

static int verb(int argc, char **argv, bool rollback)
{
    struct options o = {0};
    int code = EXIT_USAGE;
    if (options_read_run(&o, argc, argv)) {
        if (o.help)
            code = help_main(2, (char *[]){(char *)"help", argv[0], NULL});
        else if (rollback && o.run.file == NULL)
            fail(code, "rollback wants the run to undo; `runbook runs` lists them");
        else
            code = find_and_go_on(&o, rollback);
    }
    options_free(&o);
    return code;
}

int resume_main(int argc, char **argv)
{
    return verb(argc, argv, false);
}

int rollback_main(int argc, char **argv)
{
    return verb(argc, argv, true);
}
