#include "cli/resolve.h"

#include <stdio.h>
#include <string.h>

// One decision: about which write, and what.
struct decision {
    const char *seq, *word;
    const struct value *doubt;
};

static const struct value *doubt_of(const struct value *doubts, const char *number)
{
    char text[32];
    for (size_t i = 0; i < value_count(doubts); i++) {
        const struct value *doubt = value_at(doubts, i);
        snprintf(text, sizeof text, "%lld", (long long)value_get_int(doubt, "seq", 0));
        if (strcmp(text, number) == 0)
            return doubt;
    }
    return NULL;
}

static struct decision read_decision(const char *option, const struct value *doubts,
                                     struct arena *a)
{
    const char *equals = strchr(option, '=');
    struct decision d = {.seq = arena_copy(a, option, (size_t)(equals - option)),
                         .word = equals + 1};
    d.doubt = doubt_of(doubts, d.seq);
    return d;
}

// Is a step to send it again? An undo is made again anyway.
static bool is_retry(const struct decision *d)
{
    return strcmp(d->word, "retry") == 0 && !value_get_bool(d->doubt, "undo", false);
}

static bool has_effect(const struct decision *d, const struct history *h, bool rollback,
                       struct error *err)
{
    if (d->doubt == NULL)
        return error_set(err,
                         "effect %s of run %s is not in doubt; `runbook show %s` lists what is",
                         d->seq, h->id, h->id);
    if (rollback && is_retry(d))
        return error_set(err,
                         "rollback takes changes back, and does not send effect %s again: say "
                         "--resolve %s=done or %s=not-done, or go on with: runbook resume %s",
                         d->seq, d->seq, d->seq, h->id);
    return true;
}

static bool any_retry(const struct options *o, const struct value *doubts, struct arena *a)
{
    for (const char **r = o->resolve; r && *r; r++) {
        struct decision d = read_decision(*r, doubts, a);
        if (is_retry(&d))
            return true;
    }
    return false;
}

// Writes down what a step's write came to.
static bool write_outcomes(struct store *store, const struct options *o, const struct history *h,
                           const struct value *doubts, struct arena *a, struct error *err)
{
    for (const char **r = o->resolve; r && *r; r++) {
        struct decision d = read_decision(*r, doubts, a);
        bool final = !value_get_bool(d.doubt, "undo", false) && !is_retry(&d);
        if (final && !history_decide(store, h, value_get_int(d.doubt, "seq", 0),
                                     strcmp(d.word, "done") == 0, err))
            return false;
    }
    return true;
}

static void mark_sent_again(const struct options *o, struct past *past, const struct value *doubts,
                            struct arena *a)
{
    for (const char **r = o->resolve; r && *r; r++) {
        struct decision d = read_decision(*r, doubts, a);
        for (size_t i = 0; i < past->count && is_retry(&d); i++)
            if (strcmp(past->steps[i].name, value_get_text(d.doubt, "step")) == 0)
                past->steps[i].sent_again = true;
    }
}

bool resolve_decisions(struct store *store, const struct redact *secrets, const struct options *o,
                       bool rollback, struct history *h, struct arena *a, struct value **decided,
                       struct error *err)
{
    const bool rolls_back = h->past->rolls_back, back = rolls_back || rollback;
    const struct value *doubts = history_doubts(store, h, secrets, back, a, err);
    *decided = value_object(a);
    if (doubts == NULL)
        return false;
    for (const char **r = o->resolve; r && *r; r++) {
        struct decision d = read_decision(*r, doubts, a);
        if (!has_effect(&d, h, rollback, err))
            return false;
        const struct value *other = value_get(*decided, d.seq);
        if (other && strcmp(value_text(other), d.word) != 0)
            return error_set(err, "--resolve says two things of effect %s: %s and %s. Say one",
                             d.seq, value_text(other), d.word);
        value_set(a, *decided, d.seq, value_string(a, d.word));
    }
    if (!back || o->resolve == NULL)
        return true;
    if (h->past->undone_count == 0 && !h->past->unrecorded && any_retry(o, doubts, a)) {
        h->past->rolls_back = false;
        return true;
    }
    if (!write_outcomes(store, o, h, doubts, a, err) || !history_find(store, h->id, a, h, err))
        return false;
    h->past->rolls_back |= rolls_back; // also where nothing but the doubt was left of it
    mark_sent_again(o, h->past, doubts, a);
    return true;
}
