#include "engine/account.h"

#include <string.h>

#include "engine/effect.h"
#include "engine/run.h"

// Counts a write that is begun (1), or takes back the count of one that changed nothing (-1).
static void count_write(struct run *run, int by)
{
    run->counts.writes += by;
    run->step_writes += by;
    if (run->undo.count && !run->undoing)
        run->undo.entries[run->undo.count - 1].writes += by;
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
        break;
    case ACCESS_TIME:
        run->counts.waits += !e->quiet;
        break;
    case ACCESS_HUMAN:
        run->counts.asks++;
        break;
    }
}

void account_end(const struct effect *e)
{
    struct run *run = e->run;
    struct undo_entry *entry =
        run->undo.count && !run->undoing ? &run->undo.entries[run->undo.count - 1] : NULL;
    if (e->access == ACCESS_WRITE && e->refused && !e->in_doubt)
        count_write(run, -1);
    if (e->access != ACCESS_WRITE || entry == NULL)
        return;
    if (e->in_doubt) {
        entry->in_doubt = true;
        entry->doubt = arena_dup(&run->arena, e->summary);
    } else if (!e->refused && entry->doubt && e->repeatable && !e->error &&
               strcmp(entry->doubt, e->summary) == 0) {
        entry->in_doubt = false; // the same was sent again, and answered
    }
}
