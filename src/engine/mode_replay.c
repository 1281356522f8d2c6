// replay: a run that goes on. What was done before is answered from the journal, with the same path
// of effects as proof that it is the same run; where the journal ends, everything is done live.
#include <stdio.h>
#include <string.h>

#include "base/code.h"
#include "base/json.h"
#include "engine/effect.h"
#include "engine/failure.h"
#include "engine/journal.h"
#include "engine/mode.h"
#include "engine/next.h"
#include "engine/probe.h"
#include "engine/quote.h"
#include "engine/run.h"
#include "engine/source.h"
#include "net/process.h"

enum { LINE_BYTES = 200 }; // of source

static bool is_answered(const struct journal_entry *past)
{
    return !past->in_doubt && (past->state == JOURNAL_DONE || past->state == JOURNAL_REFUSED);
}

static void answer(struct effect *e, const struct journal_entry *past)
{
    e->replayed = true;
    e->result = past->result;
    e->error = past->error;
    e->code = past->code;
    e->in_doubt = past->in_doubt;
    e->refused = past->state == JOURNAL_REFUSED || (past->error && !past->in_doubt);
    if (!past->result && !past->error)
        effect_unseen(e);
    effect_end(e);
}

static void halt(struct effect *e, enum halt why)
{
    e->replayed = true; // what the journal says stays as it is
    e->note = e->detail;
    e->answer = NULL;
    run_halt(e->run, why, e->error, e->where, e->detail);
    effect_end(e);
}

// Nobody knows whether it was done before: it is not done again.
static void unreadable(struct effect *e, const struct error *err)
{
    e->refused = e->access == ACCESS_WRITE;
    e->error = arena_printf(&e->arena, "%s was not sent: %s", e->summary, error_text(err));
    halt(e, HALT_JOURNAL);
}

static const char path_text[] = "\"%s\" takes another path than it took before, and was stopped "
                                "before it did anything";

// "before:  GET x  (file.lua:12)" and that line of the source below it.
static const char *shown(struct run *run, bool before, const char *summary, const char *where)
{
    const struct value *sources = before || !run->proves ? run->began_with : NULL;
    const char *whole = source_line(&run->arena, sources, where);
    const char *line = quote(run, &run->arena, whole, strlen(whole), CLIP_LINE, LINE_BYTES);
    return arena_printf(&run->arena, "%s%s  (%s)%s%s", before ? "before:  " : "now:     ", summary,
                        where, *line ? "\n             " : "", line);
}

static void diverge(struct effect *e, const struct journal_entry *past)
{
    struct arena *a = &e->arena;
    e->error = arena_printf(a, path_text, e->run->step->name);
    e->code = CODE_DIVERGED;
    e->detail = arena_printf(
        a, "%s\n%s\neffect %s of \"%s\"", shown(e->run, true, past->summary, past->where),
        shown(e->run, false, e->summary, e->where), e->position, e->scope.text);
    halt(e, HALT_DIVERGED);
}

// A step that was finished asks for more than it did.
static void exceed(struct effect *e)
{
    struct arena *a = &e->arena;
    e->error = arena_printf(a, path_text, e->run->step->name);
    e->code = CODE_DIVERGED;
    e->detail =
        arena_printf(a, "before:  it ended here\n%s\neffect %s of \"%s\"",
                     shown(e->run, false, e->summary, e->where), e->position, e->scope.text);
    halt(e, HALT_DIVERGED);
}

static void doubt(struct effect *e, const struct journal_entry *past)
{
    struct arena *a = &e->arena;
    struct buf sent = {0};
    long long seq = past->seq;
    e->in_doubt = !is_answered(past);
    e->code = CODE_IN_DOUBT;
    e->error =
        e->in_doubt
            ? arena_printf(a,
                           "in doubt: \"%s\" (effect %lld) was sent and its outcome is not on "
                           "record. Look whether it took effect, and say so",
                           past->summary, seq)
            : arena_printf(a,
                           "\"%s\" (effect %lld) was done, but its answer was not kept: %s. Say "
                           "whether to go on without it, or to send it again",
                           past->summary, seq, past->withheld ? past->withheld : "it was withheld");
    json_write(&sent, e->args, JSON_CANONICAL);
    e->detail = arena_printf(a, "sent: %s%s%s", buf_text(&sent),
                             e->probe_says ? "\nits probe could not tell: " : "",
                             e->probe_says ? e->probe_says : "");
    buf_free(&sent);
    if (!e->run->halted)
        e->run->settle = e->in_doubt ? next_settle(e->run, past->summary, seq)
                                     : next_answer(e->run, past->summary, seq);
    halt(e, HALT_DOUBT);
}

// Says what a person has decided about an effect in doubt, or NULL.
static const char *resolution(const struct effect *e, int64_t seq)
{
    char key[32];
    snprintf(key, sizeof key, "%lld", (long long)seq);
    const struct value *decided = value_get(e->run->resolutions, key);
    return decided ? value_text(decided) : NULL;
}

// It is not done, and yet may come to be: the process that is to do it was begun where nobody can
// look from here whether it is still at work.
static bool may_still_come(struct effect *e, const struct journal_entry *past)
{
    pid_t who;
    if (past->process == NULL || is_answered(past) ||
        process_look(PROC, past->process, &who) != PROCESS_UNSEEN)
        return false;
    e->probe_says = arena_printf(
        &e->arena,
        "it was not done, but may still be: process group %lld on %s, where nobody can look from "
        "here, may be at work",
        (long long)value_get_int(past->process, "group", 0), value_get_text(past->process, "host"));
    return true;
}

// An undo may be made again.
static bool is_sent_again(struct effect *e, const struct journal_entry *past, const char *decided)
{
    return decided || e->repeatable || e->run->undoing ||
           (e->probed == PROBED_NOT_DONE && !may_still_come(e, past));
}

// A person's decision counts first, then the author's probe.
static void settle(struct effect *e, const struct journal_entry *past)
{
    const char *decided = resolution(e, past->seq);
    bool done = decided ? strcmp(decided, "done") == 0 : e->probed == PROBED_DONE;
    bool asks = e->has_probe && e->probed == PROBED_NOT_YET && !is_answered(past);
    if (done) {
        e->note = decided ? NULL : PROBE_DONE;
        effect_unseen(e);
        effect_record(e);
    } else if (decided && strcmp(decided, "not-done") == 0 && e->run->past->rolls_back) {
        e->replayed = e->refused = true;
        e->error = arena_printf(&e->arena, "%s was not done, as a person has decided", e->summary);
        effect_end(e);
    } else if (e->run->proving) {
        effect_unseen(e);
        e->replayed = true;
        effect_end(e);
    } else if (decided == NULL && asks) {
        e->in_doubt = e->left_open = true;
        probe_ask(e);
    } else if (is_sent_again(e, past, decided)) {
        e->note = e->probed == PROBED_NOT_DONE ? PROBE_NOT_DONE : NULL;
        effect_do(e);
    } else {
        doubt(e, past);
    }
}

static void perform(struct effect *e)
{
    struct run *run = e->run;
    struct journal_entry past;
    if (e->fiber->probing) { // how it is now is what it is asked for
        effect_do(e);
        return;
    }
    error_local(err);
    bool found;
    if (!run->journal->recall(run->journal, e, &past, &e->arena, &found, &err) && !run->undoing) {
        unreadable(e, &err);
        return;
    }
    bool open = found && (past.state == JOURNAL_STARTED || past.in_doubt);
    if (!found && run->proving) {
        exceed(e);
    } else if (!found) {
        effect_do(e);
    } else if (strcmp(past.fingerprint, e->fingerprint) != 0) {
        diverge(e, &past);
    } else if ((e->access != ACCESS_WRITE && (open || !past.kept)) ||
               (past.state == JOURNAL_CANCELLED && !open)) {
        e->deadline = past.deadline;
        effect_do(e);
    } else if (open || (!past.kept && is_answered(&past))) {
        e->counted_before = open;
        settle(e, &past);
    } else if (past.state == JOURNAL_DONE && !run->proving && e->kind->stands &&
               !e->kind->stands(e)) {
        e->note = "made again, for what it had made is gone";
        effect_do(e);
    } else {
        answer(e, &past);
    }
}

// A step that leaves out what it did before has taken another path, too.
static void finished(struct run *run, int effects)
{
    struct journal_entry past;
    struct arena *a = &run->arena;
    error_local(err);
    bool found;
    if (!run->journal->omitted(run->journal, &run->scope, effects, &past, a, &found, &err) ||
        !found)
        return;
    const char *detail = arena_printf(a, "%s\nnow:     it ended without\n\"%s\"",
                                      shown(run, true, past.summary, past.where), run->scope.text);
    run_halt(run, HALT_DIVERGED, arena_printf(a, path_text, run->step->name), past.where, detail);
}

const struct mode mode_replay = {.name = "live", .perform = perform, .finished = finished};
