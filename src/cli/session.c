#include "cli/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/again.h"
#include "cli/kept.h"
#include "cli/lease.h"
#include "cli/listeners.h"
#include "cli/lock.h"
#include "cli/masks.h"
#include "cli/opening.h"
#include "cli/params.h"
#include "cli/permissions.h"
#include "cli/say.h"
#include "cli/signals.h"
#include "engine/approved.h"
#include "engine/mode.h"
#include "engine/planned.h"
#include "engine/source.h"
#include "engine/state.h"
#include "kube/lease.h"
#include "net/fetch.h"
#include "net/loop.h"
#include "prim/prims.h"
#include "record/cover.h"
#include "record/journal.h"
#include "record/keep.h"
#include "record/redact.h"
#include "record/store_file.h"

enum { LARGEST_RUNBOOK = 4 * 1024 * 1024 };

static int fail(const struct run *run, int code, const char *text)
{
    say(run, "%s", text);
    return code;
}

static bool keeps_none(const struct options *o)
{
    return o->run.journal && strcmp(o->run.journal, "none") == 0;
}

// Where the journal is, to be freed; NULL with `err` set when there is none.
static char *journal_path(const struct options *o, struct error *err)
{
    char *path = o->run.journal ? mem_dup(o->run.journal) : store_file_default();
    if (path == NULL)
        error_set(err,
                  "there is no home folder to keep a journal in; name a file with --journal FILE");
    return path;
}

int session_store(const struct options *o, struct store **store)
{
    error_local(err);
    *store = NULL;
    if (keeps_none(o))
        return fail(NULL, EXIT_USAGE,
                    "runs are found in the journal, and `--journal none` names none: "
                    "leave it out, or name the file with --journal FILE");
    char *path = journal_path(o, &err);
    if (path)
        *store = store_open_read(path, &err);
    free(path);
    return *store ? 0 : fail(NULL, EXIT_INTERNAL, error_text(&err));
}

// A run keeps a journal unless it only plans, or is told not to.
static bool open_journal(struct session *s, const struct options *o, struct error *err)
{
    struct run *run = s->run;
    if (run->mode->rehearsal || keeps_none(o))
        return true;
    char *path = journal_path(o, err);
    s->store = path ? store_open(path, err) : NULL;
    free(path);
    if (s->store == NULL)
        return false;
    if (s->history) {
        snprintf(run->id, sizeof run->id, "%s", s->history->id);
        run->seed = s->history->seed;
        run->past = s->history->past;
        run->sources = s->history->sources;
    }
    s->journal = journal_new(s->store, s->secrets, run->id);
    run->journal = &s->journal->door;
    return true;
}

// Reads the runbook's file, or what the journal kept of it.
static bool read_runbook(struct session *s, const struct options *o, struct buf *text,
                         struct error *err)
{
    const struct value *kept = value_get(value_get(s->run->sources, ""), "text");
    if (kept ? !buf_add(text, kept->string.text, kept->string.len)
             : !file_read(o->run.file, text, err))
        return false;
    if (kept == NULL || s->history == NULL)
        source_keep(s->run, NULL, o->run.file, buf_text(text), text->len);
    return true;
}

// What a run has kept may hold the passwords of the URLs that its source spells out: they have to
// be known to whoever goes on with it.
static void learn_literals(struct session *s)
{
    const struct value *sources = s->run->sources;
    for (size_t i = 0; s->history && i < value_count(sources); i++) {
        const struct value *text = value_get(sources->object.members[i].value, "text");
        const char *at = value_text(text), *end = at + strlen(at);
        for (struct userinfo u; userinfo_next(at, end, &u); at = u.password + u.password_len)
            cover_learn(s->secrets, &u);
    }
}

static int load(struct session *s, const struct options *o)
{
    error_local(err);
    struct buf text = {.max = LARGEST_RUNBOOK};
    struct run *run = s->run;
    bool ok = read_runbook(s, o, &text, &err) &&
              outline_load(run->L, o->run.file, &text, &run->arena, &run->outline, &err);
    buf_free(&text);
    if (ok && !permissions_set(run, NULL, &err))
        return fail(run, EXIT_USAGE, error_text(&err));
    if (ok && permissions_check_sources(run, &err))
        return 0;
    return run->signal ? fail(run, 128 + run->signal, "stopped by a signal")
                       : fail(run, EXIT_LOAD, error_text(&err));
}

// Holds the run to the plan that it applies: it has its name, and draws the same random numbers.
static void take_approval(struct session *s, const struct options *o)
{
    struct run *run = s->run;
    const struct value *plan = o->approval;
    if (run->mode->rehearsal && (plan || o->run.out))
        run->loaded = value_object(&run->arena);
    if (run->mode->rehearsal && o->run.out)
        planned_start(run);
    if (plan == NULL)
        return;
    s->approved = run->approved = approved_new(plan);
    run->sources = value_copy(&run->arena, o->approved);
    if (s->history)
        return;
    snprintf(run->id, sizeof run->id, "%s", value_get_text(plan, "id"));
    run->seed = (uint64_t)value_get_int(plan, "seed", 0);
}

int session_open(struct session *s, const struct options *o, const struct mode *mode,
                 const struct history *history)
{
    error_local(err);
    *s = (struct session){
        .loop = loop_new(), .secrets = redact_new(), .given = redact_new(), .history = history};
    s->fetcher = fetcher_new(s->loop);
    s->run = run_new(s->loop, s->fetcher, &o->run, mode, NULL, &err);
    if (s->run == NULL)
        return fail(s->run, EXIT_INTERNAL, error_text(&err));
    masks_give(s);
    take_approval(s, o);
    if (!open_journal(s, o, &err))
        return fail(s->run, EXIT_INTERNAL, error_text(&err));
    if (!listeners_open(s, o, &err))
        return fail(s->run, EXIT_USAGE, error_text(&err));
    if (!state_prepare(s->run, prims, &err))
        return fail(s->run, EXIT_INTERNAL, error_text(&err));
    signals_watch(s->run);
    learn_literals(s);
    return load(s, o);
}

static int locked(const struct session *s, int code, const struct error *err)
{
    return s->run->signal ? fail(s->run, 128 + s->run->signal, "stopped by a signal")
                          : fail(s->run, code, error_text(err));
}

// Whatever journal it keeps; a plan changes nothing, and takes none.
static int take_lock(struct session *s, const struct options *o, const char *target, char dead[64])
{
    error_local(err);
    const char *journal = s->store ? store_path(s->store) : NULL;
    dead[0] = '\0';
    if (s->run->mode->rehearsal)
        return 0;
    bool held;
    s->lock = lock_take(s->run, target, journal, o->lock_timeout_ms, dead, &held, &err);
    return s->lock ? 0 : locked(s, held ? EXIT_LOCKED : EXIT_USAGE, &err);
}

// What the command line says stands before what the runbook says.
static int take_lease(struct session *s, const struct options *o, const char *lease,
                      const char *dead)
{
    error_local(err);
    const char *name = o->run.lease ? o->run.lease : lease;
    if (s->run->mode->rehearsal || *name == '\0' || strcmp(name, "none") == 0)
        return 0;
    s->lease = lease_take(s->run, name, dead, o->lock_timeout_ms, &err);
    return s->lease ? 0 : locked(s, EXIT_LOCKED, &err);
}

int session_prepare(struct session *s, const struct options *o)
{
    error_local(err);
    struct params params = {.history = s->history, .given = s->given};
    if (!outline_select(&s->run->outline, o->run.phases, o->run.from, o->run.only, &err))
        return fail(s->run, EXIT_USAGE, error_text(&err));
    if (o->run.assume_failure &&
        !outline_has_step(&s->run->outline, o->run.assume_failure, "--assume-failure", &err))
        return fail(s->run, EXIT_USAGE, error_text(&err));
    if (!params_apply(s->run, o, s->secrets, &params, &err)) {
        for (size_t i = 0; i < value_count(params.problems); i++)
            fail(s->run, EXIT_USAGE, value_text(value_at(params.problems, i)));
        return params.problems ? EXIT_USAGE : fail(s->run, EXIT_USAGE, error_text(&err));
    }
    if (!permissions_set(s->run, params.texts, &err))
        return fail(s->run, EXIT_USAGE, error_text(&err));
    s->kept = params.kept;
    s->shown = params.shown;
    s->texts = params.texts;
    s->assumed = params.assumed;
    const char *command = s->history ? value_get_text(s->history->options, "command") : "";
    s->run->again = *command ? command : again_words(s->run, o, s->secrets);
    char dead[64];
    int code = take_lock(s, o, params.target, dead);
    return code ? code : take_lease(s, o, params.lease, dead);
}

// A URL with a password is not kept: a run that goes on asks for it again, as for a secret.
static struct value *kept_param(const struct session *s, const struct value *v, const char **why)
{
    struct arena *a = &s->run->arena;
    struct userinfo u;
    const char *text = value_text(v);
    if (v->type == VALUE_STRING && userinfo_next(text, text + strlen(text), &u))
        return keep_withheld(a, cover_copy(a, s->secrets, text));
    return keep_value(a, s->secrets, v, why);
}

// What the journal keeps of the parameters. False with `err` set when one cannot be kept: a run
// that goes on has to have the same.
static bool keep_params(struct session *s, struct value *kept, struct error *err)
{
    struct arena *a = &s->run->arena;
    const char *why = "";
    for (size_t i = 0; i < value_count(s->kept); i++) {
        const struct value_member *m = &s->kept->object.members[i];
        struct value *v = kept_param(s, m->value, &why);
        if (v == NULL)
            return error_set(err,
                             "the parameter '%s' cannot be kept in the journal: %s. Make it a "
                             "secret { ... }, or give it without",
                             m->key, why);
        value_set(a, kept, m->key, v);
    }
    return true;
}

int session_start(struct session *s, const struct options *o)
{
    error_local(err);
    struct value *kept = value_object(&s->run->arena);
    if (s->journal && s->history == NULL && !keep_params(s, kept, &err))
        return fail(s->run, EXIT_USAGE, error_text(&err));
    struct value *options = kept_here(o, &s->run->arena);
    value_set(&s->run->arena, options, "command", value_string(&s->run->arena, s->run->again));
    struct journal_start start = {
        .run = s->run->id, .seed = s->run->seed, .options = options, .params = kept};
    if (s->journal && s->history == NULL && !journal_start(s->journal, &start, &err))
        return fail(s->run, EXIT_INTERNAL, error_text(&err));
    if (s->journal) {
        const char *text = arena_printf(
            &s->run->arena,
            "it is on record how far the run came; to go on: %s; to take it back: %s\n",
            run_command(s->run, "resume"), run_command(s->run, "rollback"));
        memory_end_tells(text);
        signals_tell(text);
    }
    opening_tell(s);
    return 0;
}

int session_run(struct session *s)
{
    return run_walk(s->run);
}

int session_close(struct session *s, int code)
{
    error_local(err);
    signals_release();
    listeners_finish(s);
    if (!journal_free(s->journal, &err) && s->run->journal_error == NULL)
        say(s->run, "the run is not wholly on record: %s", error_text(&err));
    store_close(s->store);
    kube_lease_release(s->lease);
    lock_release(s->lock);
    if (s->run)
        run_free(s->run);
    approved_free(s->approved);
    listeners_free(s);
    if (s->secrets)
        redact_free(s->secrets);
    if (s->given)
        redact_free(s->given);
    fetcher_free(s->fetcher);
    loop_free(s->loop);
    return code;
}
