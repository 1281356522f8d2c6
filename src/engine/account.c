#include "engine/account.h"

#include <string.h>

#include "base/code.h"
#include "base/memory.h"
#include "engine/effect.h"
#include "engine/mode.h"
#include "engine/run.h"

// Counts a write that is begun (1), or takes back the count of one that changed nothing (-1).
static void count_write(struct run *run, int by)
{
    run->counts.writes += by;
    run->step_writes += by;
    if (run->undo.count && !run->undoing)
        run->undo.entries[run->undo.count - 1].writes += by;
}

static bool is_gone(const char *code)
{
    static const char *const codes[] = {CODE_HTTP "404", CODE_HTTP "410", CODE_K8S "NotFound",
                                        CODE_K8S "Gone"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(code, codes[i]) == 0)
            return true;
    return false;
}

static void note_look(struct undo_deeds *deeds)
{
    deeds->looked++;
    deeds->refused = NULL; // what stands is seen: the undo judges it
}

static void note_sent(const struct effect *e, struct undo_deeds *deeds)
{
    struct arena *a = &e->run->arena;
    if (e->code == NULL || e->in_doubt) {
        deeds->sent++;
    } else if (is_gone(e->code)) {
        deeds->looked++;
    } else {
        deeds->refused = arena_dup(a, e->code);
        deeds->refusal = e->error ? arena_dup(a, e->error)
                                  : arena_printf(a, "%s was answered %s", e->summary, e->answer);
    }
}

// An undo that sends, or that looks whether there is anything left to take back, has done its duty;
// so has a person who was asked. What nobody answered, or could, was neither, though the undo may
// pass over it.
static void note_deed(const struct effect *e)
{
    struct run *run = e->run;
    struct undo_deeds *deeds = &run->undo_deeds;
    bool lost = e->cancelled || (e->error && !code_is_answer(e->code)) ||
                (e->access == ACCESS_READ && code_sense(e->code) == CODE_IS_PASSING);
    if (e->access == ACCESS_TIME)
        return;
    deeds->last = e->code ? arena_dup(&run->arena, e->code) : NULL;
    if (lost && !e->in_doubt)
        deeds->lost++;
    else if (e->access == ACCESS_WRITE)
        note_sent(e, deeds);
    else if (e->access == ACCESS_READ || run->mode->rehearsal || !run->options->yes)
        note_look(deeds);
}

// Should the process have to end at once it tells the truth: see base/memory.h.
static void note_end(const struct run *run)
{
    bool stands = false, in_doubt = run->writing > 0 && !run->undoing;
    if (run->mode->rehearsal)
        return;
    for (size_t i = 0; i < run->undo.count; i++) {
        const struct undo_entry *e = &run->undo.entries[i];
        in_doubt |= e->in_doubt && !e->undone;
        stands |= e->writes > 0 && !e->undone;
    }
    memory_end_code(in_doubt ? EXIT_IN_DOUBT : stands ? EXIT_NOT_ROLLED_BACK : EXIT_INTERNAL);
}

void account_begin(const struct effect *e)
{
    struct run *run = e->run;
    switch (e->access) {
    case ACCESS_READ:
        run->counts.reads++;
        break;
    case ACCESS_WRITE:
        count_write(run, 1);
        run->writing++;
        note_end(run);
        break;
    case ACCESS_TIME:
        run->counts.waits += !e->quiet;
        break;
    case ACCESS_HUMAN:
        run->counts.asks++;
        break;
    }
}

// Keeps whether something is in doubt, and what.
static void note_doubt(const struct effect *e, bool *in_doubt, const char **doubt)
{
    if (e->in_doubt) {
        *in_doubt = true;
        *doubt = arena_dup(&e->run->arena, e->summary);
    } else if (!e->refused && *doubt && e->repeatable && !e->error &&
               strcmp(*doubt, e->summary) == 0) {
        *in_doubt = false; // the same was sent again, and answered
    }
}

void account_end(const struct effect *e)
{
    struct run *run = e->run;
    if (run->undoing)
        note_deed(e);
    if (e->access != ACCESS_WRITE)
        return;
    if (e->refused && !e->in_doubt)
        count_write(run, e->counted_before ? -2 : -1);
    else
        run->counts.unchanged += e->unchanged;
    if (run->undoing) {
        note_doubt(e, &run->undo_in_doubt, &run->undo_doubt);
    } else if (run->undo.count) {
        struct undo_entry *entry = &run->undo.entries[run->undo.count - 1];
        note_doubt(e, &entry->in_doubt, &entry->doubt);
    }
    run->writing--;
    note_end(run);
}
