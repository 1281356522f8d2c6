// resume and rollback: go on with a run that stopped, or undo what a run did, out of the journal.
#include <stdio.h>
#include <string.h>

#include "cli/changed.h"
#include "cli/kept.h"
#include "cli/latest.h"
#include "cli/masks.h"
#include "cli/resolve.h"
#include "cli/say.h"
#include "cli/session.h"
#include "cli/survivors.h"
#include "cli/verbs.h"
#include "engine/mode.h"
#include "record/keep.h"

static int fail(int code, const char *text)
{
    say(NULL, "%s", text); // what comes out of the journal is masked
    return code;
}

static bool may_resume(const struct history *h, struct error *err)
{
    const char *command = value_get_text(h->options, "command");
    if (h->outcome && strcmp(h->outcome, "done") == 0)
        return error_set(err, "run %s came to its end; there is nothing to go on with", h->id);
    if (h->rolled_back)
        return error_set(err, "run %s was rolled back; start anew with: runbook %s", h->id,
                         *command ? command : h->file);
    return true;
}

static bool may_roll_back(const struct history *h, struct error *err)
{
    if (h->rolled_back)
        return error_set(err, "run %s was rolled back already: nothing of it is left to take back",
                         h->id);
    return true;
}

// What take_back in engine/run.c reads: a rollback that is to begin, unless one is under way
// already.
static void ask_for_rollback(struct past *past)
{
    past->wished = true;
    if (past->rolls_back)
        return;
    past->rolls_back = true;
    past->under_way = false;
    past->cause = "it was asked for";
}

// What the journal kept of a value as it was, NULL for nothing. One that holds a secret that is not
// known any more is withheld; *why says so.
static struct value *as_it_was(struct session *s, const struct value *kept, const char **why)
{
    if (kept == NULL || *why || kept->type == VALUE_NULL)
        return NULL;
    return keep_restore(&s->run->arena, s->secrets, kept, why);
}

static void restore_values(struct session *s, struct past *past)
{
    for (size_t i = 0; i < past->count; i++) {
        struct past_step *step = &past->steps[i];
        step->result = as_it_was(s, step->result, &step->withheld);
        step->before = as_it_was(s, step->before, &step->before_withheld);
    }
}

// With the lock held: what the run looks like now, for it may have gone on since it was looked for.
static int look_again(struct session *s, const struct options *o, struct history *h, bool rollback,
                      struct arena *a)
{
    error_local(err);
    if (!history_find(s->store, h->id, a, h, &err) ||
        !(rollback ? may_roll_back(h, &err) : may_resume(h, &err)))
        return fail(EXIT_USAGE, error_text(&err));
    if (!resolve_decisions(s->store, s->secrets, o, rollback, h, a, &s->run->resolutions, &err))
        return fail(EXIT_USAGE, error_text(&err));
    if (rollback)
        ask_for_rollback(h->past);
    restore_values(s, h->past);
    s->run->past = h->past;
    s->run->began_with = h->sources;
    return 0;
}

// Another source has to have the steps that are finished.
static int find_steps(const struct session *s, const struct history *h)
{
    error_local(err);
    for (size_t i = 0; i < h->past->count; i++) {
        const char *name = h->past->steps[i].name;
        if (outline_step(&s->run->outline, name))
            continue;
        error_set(&err,
                  "run %s has been through the step \"%s\", which %s has no more; without "
                  "--upgrade it goes on with the source that it began with",
                  h->id, name, h->file);
        return fail(EXIT_STALE, error_text(&err));
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
    changed_tell(o, h);
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
        code = survivors_wait(&session, o, rollback ? "rollback" : "resume");
    if (code == 0)
        code = look_again(&session, o, h, rollback, a);
    if (code == 0)
        code = masks_tell_lost(&session);
    if (code == 0)
        code = session_start(&session, o);
    if (code == 0)
        code = session_run(&session);
    return session_close(&session, code);
}

static int find_and_go_on(struct options *o, bool rollback)
{
    struct arena a = {0};
    error_local(err);
    struct history h;
    struct store *store;
    int code = session_store(o, &store);
    if (code)
        return code;
    bool found = history_find(store, o->run.file, &a, &h, &err) &&
                 (rollback      ? may_roll_back(&h, &err)
                  : o->run.file ? may_resume(&h, &err)
                                : latest_may_resume(store, o, &h, &err));
    store_close(store);
    if (found) {
        o->run.file = kept_file(h.file, h.options);
        kept_take(o, h.options);
        code = go_on(o, &h, rollback, &a);
    } else {
        code = fail(EXIT_USAGE, error_text(&err));
    }
    arena_free(&a);
    return code;
}

static int verb(int argc, char **argv, bool rollback)
{
    struct options o = {0};
    int code = EXIT_USAGE;
    if (options_read_run(&o, argc, argv, rollback ? VERB_ROLLBACK : VERB_RESUME)) {
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
