// apply: runs an approved plan, and nothing else. First it looks whether what the plan was made of
// is still as it was; then it runs, and the door holds the run to the plan.
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/shell.h"
#include "cli/approval.h"
#include "cli/kept.h"
#include "cli/say.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "engine/mode.h"
#include "record/planfile.h"
#include "record/redact.h"

static int fail(int code, const char *path, const char *text)
{
    say(NULL, "%s %s", path, text);
    return code;
}

// What the plan was given by --set, and behind it what the command line gives.
static const char **settings(struct arena *a, const struct value *planned, const char **given)
{
    size_t count = 0, own = value_count(planned);
    while (given && given[count])
        count++;
    const char **all = arena_alloc(a, (own + count + 1) * sizeof(char *));
    for (size_t i = 0; i < own; i++)
        all[i] = value_text(value_at(planned, i));
    for (size_t i = 0; given && given[i]; i++)
        all[own + i] = given[i];
    return all;
}

// Starts as the plan was made; what the command line says besides is compared with the plan.
static void take_options(struct options *o, const struct value *plan)
{
    const struct value *kept = value_get(plan, "options");
    o->approval = plan;
    o->run.file = value_get_text(plan, "file");
    o->set = settings(&o->arena, value_get(kept, "set"), o->set);
    kept_take(o, kept);
}

static void announce(const struct planfile *p, const struct options *o)
{
    char when[32] = "at an unknown time";
    time_t made = (time_t)(value_get_int(p->plan, "made", 0) / 1000);
    struct tm t;
    if (localtime_r(&made, &t))
        strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &t);
    fprintf(stderr, "plan %s of %s, made %s by %s on %s; ", value_get_text(p->plan, "id"),
            value_get_text(p->plan, "name"), when, value_get_text(p->plan, "user"),
            value_get_text(p->plan, "host"));
    if (p->signature == PLANFILE_UNSIGNED)
        fputs("not signed\n", stderr);
    else if (o->require_signature)
        fprintf(stderr, "signed by the key in %s\n", o->require_signature);
    else
        fprintf(stderr, "signed by the key %s (--require-signature PUB says whether it is yours)\n",
                p->key);
}

// Whether the journal has the run of this plan already: it is applied once. Without a journal it is
// only looked at.
static int applied_before(const struct options *o, const char *path)
{
    struct arena a = {0};
    struct history h;
    error_local(err);
    const char *id = value_get_text(o->approval, "id");
    int code = 0;
    if (o->run.journal && strcmp(o->run.journal, "none") == 0)
        return o->plan ? 0
                       : fail(EXIT_USAGE, path,
                              "is applied once, and only a journal can tell that it was: leave out "
                              "`--journal none`");
    struct store *store;
    code = session_store(o, &store);
    if (code)
        return code;
    if (history_find(store, id, &a, &h, &err) && strcmp(h.id, id) == 0) {
        error_set(&err,
                  "was applied already, as run %s, and a plan is applied once: see `runbook show "
                  "%s`; go on with it by `runbook resume %s`, or plan anew",
                  id, id, id);
        code = fail(EXIT_STALE, path, error_text(&err));
    }
    store_close(store);
    arena_free(&a);
    return code;
}

static int stale(const char *path, const struct run *run)
{
    struct buf anew = {0};
    buf_printf(&anew, "runbook plan %s -o", run->again);
    shell_word(&anew, path);
    fprintf(stderr,
            "runbook: %s is stale, for the above has changed since; nothing was done. Plan "
            "anew: %s\n",
            path, buf_text(&anew));
    buf_free(&anew);
    return EXIT_STALE;
}

// Plans once more, unheard, and compares. Fills in what the runbook was found to be made of.
static int look_again(struct options *o, const char *path)
{
    struct session session;
    struct options quiet = *o;
    quiet.silent = true;
    quiet.report_count = 0;
    int code = session_open(&session, &quiet, &mode_plan, NULL);
    if (code == 0)
        code = session_prepare(&session, &quiet);
    if (code == 0 && approval_changes(&session, o->approval))
        code = stale(path, session.run);
    if (code == 0) {
        code = session_run(&session);
        bool stopped = session.run->signal != 0, failed = code != 0;
        // Its problems are none of ours, save that they hide a reading: the run will meet them, and
        // say so.
        if (!stopped)
            code = 0;
        if (!stopped &&
            (approval_changes_in_walk(&session, failed) || approval_changes(&session, o->approval)))
            code = stale(path, session.run);
    }
    o->approved = value_copy(&o->arena, session.run ? session.run->loaded : NULL);
    return session_close(&session, code);
}

static int go(struct options *o)
{
    struct session session;
    int code = session_open(&session, o, &mode_live, NULL);
    if (code == 0)
        code = session_prepare(&session, o);
    if (code == 0)
        code = session_start(&session, o);
    if (code == 0)
        code = session_run(&session);
    return session_close(&session, code);
}

static int apply(struct options *o)
{
    const char *path = o->run.file;
    struct planfile file;
    error_local(err);
    struct buf text = {.max = PLANFILE_LARGEST};
    int code = 0;
    if (!file_read(path, &text, &err)) {
        say(NULL, "%s", error_text(&err));
        code = EXIT_USAGE;
    } else if (!planfile_read(&o->arena, buf_text(&text), text.len, &file, &err)) {
        code = fail(EXIT_USAGE, path, error_text(&err));
    } else if (file.signature == PLANFILE_FORGED) {
        code = fail(EXIT_DENIED, path,
                    "has a signature that does not fit it: it was changed after it was signed");
    } else if (o->require_signature && !planfile_signed_by(&file, o->require_signature, &err)) {
        code = fail(EXIT_DENIED, path, error_text(&err));
    }
    buf_free(&text);
    if (code)
        return code;
    announce(&file, o);
    take_options(o, file.plan);
    code = applied_before(o, path);
    if (code == 0)
        code = look_again(o, path);
    if (code == 0 && o->plan)
        fprintf(stderr, "runbook: %s still holds; nothing was done\n", path);
    return code || o->plan ? code : go(o);
}

int apply_main(int argc, char **argv)
{
    struct options o = {0};
    int code = EXIT_USAGE;
    if (options_read(&o, argc, argv, VERB_APPLY)) {
        if (o.help)
            code = help_main(2, (char *[]){(char *)"help", argv[0], NULL});
        else if (o.run.phases)
            fputs("runbook: apply takes no phases, for what is to be run stands in the plan; plan "
                  "anew with them\n",
                  stderr);
        else
            code = apply(&o);
    }
    options_free(&o);
    return code;
}
