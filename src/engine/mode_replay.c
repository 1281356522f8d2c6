// replay: a run that goes on. What was done before is answered from the journal, with the same path
// of effects as proof that it is the same run; where the journal ends, everything is done live.
#include <stdio.h>
#include <string.h>

#include "engine/effect.h"
#include "engine/journal.h"
#include "engine/mode.h"
#include "engine/run.h"

static void answer(struct effect *e, const struct journal_entry *past)
{
    e->replayed = true;
    e->result = past->result;
    e->error = past->error;
    e->in_doubt = past->in_doubt;
    effect_end(e);
}

static void diverge(struct effect *e, const struct journal_entry *past)
{
    e->error =
        arena_printf(&e->arena,
                     "the run takes another path than it took before: effect %s of \"%s\" was "
                     "\"%s\" (%s), and is now \"%s\" (%s). Nothing was done; see what changed, "
                     "then roll back or start anew",
                     e->position, e->scope, past->summary, past->where, e->summary, e->where);
    e->run->halted = HALT_DIVERGED;
    effect_end(e);
}

static void doubt(struct effect *e, const struct journal_entry *past)
{
    e->error =
        arena_printf(&e->arena,
                     "in doubt: \"%s\" (effect %lld) was sent and its outcome is not on record. "
                     "Look whether it took effect, then: runbook resume %s --resolve %lld=done, "
                     "=not-done or =retry",
                     past->summary, (long long)past->seq, e->run->id, (long long)past->seq);
    e->in_doubt = true;
    e->replayed = true; // what the journal says stays as it is
    e->run->halted = HALT_DOUBT;
    effect_end(e);
}

// Says what a person has decided about an effect in doubt, or NULL.
static const char *resolution(const struct effect *e, int64_t seq)
{
    char key[32];
    snprintf(key, sizeof key, "%lld", (long long)seq);
    const struct value *decided = value_get(e->run->resolutions, key);
    return decided ? value_text(decided) : NULL;
}

static void settle(struct effect *e, const struct journal_entry *past)
{
    const char *decided = resolution(e, past->seq);
    if (decided && strcmp(decided, "done") == 0) {
        if (e->assume)
            e->result = e->assume;
        else
            e->suppressed = true; // nobody has seen its answer: an unknown stands in for it
        effect_record(e);
    } else if (decided || e->repeatable) {
        effect_do(e);
    } else {
        doubt(e, past);
    }
}

static void perform(struct effect *e)
{
    struct journal *journal = e->run->journal;
    struct journal_entry past;
    if (!journal->recall(journal, e, &past, &e->arena)) {
        effect_do(e);
        return;
    }
    if (strcmp(past.fingerprint, e->fingerprint) != 0) {
        diverge(e, &past);
        return;
    }
    bool write = e->access == ACCESS_WRITE;
    bool open = past.state == JOURNAL_STARTED || past.in_doubt;
    if (past.state == JOURNAL_CANCELLED || (!write && (open || !past.kept))) {
        e->deadline = past.deadline;
        effect_do(e);
    } else if (open || (!past.kept && past.state == JOURNAL_DONE)) {
        settle(e, &past);
    } else {
        answer(e, &past);
    }
}

const struct mode mode_replay = {.name = "live", .perform = perform};
