#include "engine/undo_retry.h"

#include <string.h>

#include "base/code.h"
#include "base/duration.h"
#include "engine/failure.h"
#include "engine/run.h"
#include "engine/step.h"

enum { ATTEMPTS = 3, BACKOFF_MS = 1000, LONGEST_MS = 30000 };
enum { CONFLICT_ATTEMPTS = 6, CONFLICT_MS = 250 };

// What it is for the undo. That a person, or the runbook itself, says no is nobody's answer.
static enum code_sense sense_of(const struct value *failure)
{
    static const char *const kinds[] = {FAILURE_EFFECT, FAILURE_CHECK, FAILURE_TIMEOUT};
    const char *kind = value_get_text(failure, "kind");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kind, kinds[i]) == 0)
            return code_sense(value_get_text(failure, "code"));
    return CODE_IS_OTHER;
}

static int64_t doubled(int64_t first, int times, int64_t longest)
{
    int64_t ms = first;
    while (times-- > 0 && ms < longest)
        ms *= 2;
    return ms < longest ? ms : longest;
}

// Milliseconds that the other side asks to be left alone; 0 when it asks for nothing.
static int64_t asked_of(const struct value *failure)
{
    const struct value *v = value_get(failure, "retry_after");
    return v == NULL                ? 0
           : v->type == VALUE_FLOAT ? (int64_t)(v->number * 1000)
           : v->type == VALUE_INT   ? v->integer * 1000
                                    : 0;
}

static int64_t silence_next(struct undo_retry *r, const struct value *failure, int64_t now)
{
    if (r->silences++ == 0)
        r->until = now + r->patience_ms;
    int64_t left = r->until - now, asked = asked_of(failure);
    int64_t pause = asked > 0 ? asked : doubled(BACKOFF_MS, r->silences - 1, LONGEST_MS);
    r->waits = left > 0;
    if (r->waits)
        return pause < left ? pause : left;
    return r->silences < ATTEMPTS ? (int64_t)BACKOFF_MS * r->silences : -1;
}

int64_t undo_retry_next(struct undo_retry *r, const struct value *failure, int64_t now)
{
    r->waits = false;
    const char *kind = value_get_text(failure, "kind");
    if (strcmp(kind, FAILURE_USAGE) == 0 || strcmp(kind, FAILURE_UNKNOWN) == 0)
        return -1; // it would only ask for the same again
    switch (sense_of(failure)) {
    case CODE_IS_PASSING:
        return silence_next(r, failure, now);
    case CODE_IS_CONFLICT:
        r->silences = 0;
        r->conflicts++;
        return r->conflicts < CONFLICT_ATTEMPTS ? doubled(CONFLICT_MS, r->conflicts - 1, LONGEST_MS)
                                                : -1;
    case CODE_IS_FINAL:
        return -1;
    case CODE_IS_OTHER:
        break;
    }
    r->silences = 0;
    r->others++;
    return r->others < ATTEMPTS ? (int64_t)BACKOFF_MS * r->others : -1;
}

// Says what is waited for and until when; the first time also how to get out.
static void tell(struct run *run, const struct undo_retry *r, const struct value *failure,
                 int attempt, int64_t pause)
{
    struct arena *a = &run->arena;
    char next[64], left[64];
    struct value *data = value_object(a);
    const char *way_out = "";
    if (r->silences == 1)
        way_out = arena_printf(a, ". It goes on after Ctrl-C; a second one ends it%s%s",
                               run->journal ? ", and this takes it up again: " : "",
                               run->journal ? run_command(run, "rollback") : "");
    duration_format(pause, next, sizeof next);
    duration_format(r->until - clock_steady(), left, sizeof left);
    value_set(a, data, "level", value_string(a, "warn"));
    value_set(a, data, "text",
              value_printf(a, "the undo waits: %s. It is tried again in %s, for %s at most%s",
                           value_get_text(failure, "text"), next, left, way_out));
    value_set(a, data, "code", value_string(a, value_get_text(failure, "code")));
    value_set(a, data, "attempt", value_int(a, attempt));
    value_set(a, data, "retry_in", value_float(a, (double)pause / 1000));
    value_set(a, data, "next", value_int(a, clock_wall() + pause));
    run_tell(run, EVENT_LOG, data);
}

bool undo_retry_wait(struct run *run, struct undo_retry *r, const struct value *failure,
                     int attempt)
{
    int64_t pause = undo_retry_next(r, failure, clock_steady());
    if (pause < 0)
        return false;
    if (r->waits)
        tell(run, r, failure, attempt, pause);
    step_pause(run, pause);
    return true;
}
