#include "engine/effect.h"

#include <assert.h>
#include <lauxlib.h>
#include <string.h>

#include "base/code.h"
#include "base/duration.h"
#include "engine/account.h"
#include "engine/approved.h"
#include "engine/effect_told.h"
#include "engine/journal.h"
#include "engine/mode.h"
#include "engine/planned.h"
#include "engine/probe.h"
#include "engine/quote.h"
#include "engine/run.h"
#include "engine/state.h"
#include "net/sending.h"

enum { SENT_BYTES = 280 };

static const char metatable[] = "runbook.effect";

const char *access_name(enum effect_access access)
{
    static const char *const names[] = {"read", "write", "time", "human"};
    return names[access];
}

// The journal cannot be written: nothing more may be sent, save what takes changes back.
static void journal_lost(struct effect *e, const struct error *err)
{
    struct run *run = e->run;
    if (run->journal_error == NULL)
        run->journal_error = arena_dup(&run->arena, error_text(err));
    run_halt(run, HALT_JOURNAL, error_text(err), e->where, NULL);
}

// What came back is kept and shown in part where it is endless.
static void shorten(struct effect *e)
{
    if (e->error && strlen(e->error) > QUOTE_FAILURE)
        e->error = quote(e->run, &e->arena, e->error, strlen(e->error), CLIP_MIDDLE, QUOTE_FAILURE);
}

static void record_outcome(struct effect *e)
{
    shorten(e);
    struct journal *journal = e->run->journal;
    error_local(err);
    if (e->journaled && !journal->end(journal, e, &err))
        journal_lost(e, &err);
}

// What makes the change is still at it: nothing is done beside it that takes the change back or
// makes it again. An undo ends there; the run halts.
static void keep_clear(const struct effect *e)
{
    struct run *run = e->run;
    if (!e->at_work)
        return;
    if (run->undoing)
        run->undo_at_work = arena_dup(&run->arena, e->error);
    else
        run_halt(run, HALT_DOUBT, e->error, e->where, NULL);
}

// Should the process be made to end at once, it says what is on its way. A program is named by
// net/living.
static void note_sent(struct effect *e)
{
    if (e->access != ACCESS_WRITE || e->local || !e->kind->fetches)
        return;
    e->is_sent = true;
    e->sending = sending_add(
        quote(e->run, &e->arena, e->summary, strlen(e->summary), CLIP_LINE, SENT_BYTES));
}

static void note_arrived(struct effect *e)
{
    if (e->is_sent)
        sending_remove(e->sending);
    e->is_sent = false;
}

// It was not under way yet.
static void stop_identifying(struct effect *e)
{
    e->identifying = false;
    e->kind->cancel(e);
}

// Ends what is under way: the fiber that asked is gone.
static int effect_close(lua_State *L)
{
    struct effect *e = lua_touserdata(L, 1);
    if (e->identifying)
        stop_identifying(e);
    if (e->under_way) {
        e->under_way = false;
        if (e->performing && e->access == ACCESS_WRITE && !e->local) {
            e->in_doubt = true;
            e->error = "given up while it was under way";
            e->code = CODE_IN_DOUBT;
        } else if (e->in_doubt && e->error == NULL) {
            e->error = "given up while its probe was asked";
            e->code = CODE_IN_DOUBT;
        }
        e->cancelled = !e->in_doubt; // in doubt also while its probe was asked
        e->refused = e->refused || (e->cancelled && e->local);
        if (e->performing)
            e->kind->cancel(e);
        keep_clear(e);
        note_arrived(e);
        record_outcome(e);
        account_end(e);
        effect_tell(e, EVENT_EFFECT_ENDED);
    }
    if (e->work && e->kind->release)
        e->kind->release(e);
    e->work = NULL;
    if (e->fiber && e->fiber->waiting == e)
        e->fiber->waiting = NULL;
    if (e->fiber)
        probe_leave(e);
    e->fiber = NULL; // it may be gone before the garbage collector comes by once more
    state_release(L, e->held);
    e->held = 0;
    arena_free(&e->arena);
    return 0;
}

struct effect *effect_new(lua_State *L, const struct effect_kind *kind, enum effect_access access)
{
    struct effect *e = lua_newuserdatauv(L, sizeof *e, 1);
    *e = (struct effect){.kind = kind, .access = access, .slot = lua_gettop(L), .where = ""};
    if (luaL_newmetatable(L, metatable)) {
        lua_pushcfunction(L, effect_close);
        lua_setfield(L, -2, "__gc");
        lua_pushcfunction(L, effect_close);
        lua_setfield(L, -2, "__close");
    }
    lua_setmetatable(L, -2);
    lua_toclose(L, -1);
    return e;
}

static bool record_intent(struct effect *e)
{
    struct journal *journal = e->run->journal;
    error_local(err);
    if (journal == NULL || journal->begin(journal, e, &err)) {
        e->journaled = journal != NULL;
        return true;
    }
    journal_lost(e, &err);
    if (e->run->undoing)
        return true;
    e->error = arena_printf(&e->arena, "%s was not sent: %s", e->summary, error_text(&err));
    e->code = CODE_JOURNAL;
    return false;
}

// Nothing is changed by a run that may not be the only one.
static bool is_alone(struct effect *e)
{
    struct run *run = e->run;
    error_local(err);
    if (e->access != ACCESS_WRITE || run->alone == NULL || run->alone(run, run->alone_arg, &err))
        return true;
    run_halt(run, HALT_LOCK, error_text(&err), e->where, NULL);
    e->error = arena_printf(&e->arena, "%s was not sent: %s", e->summary, error_text(&err));
    e->code = CODE_LOCKED;
    return false;
}

void effect_do(struct effect *e)
{
    if (e->access == ACCESS_TIME && e->deadline == 0)
        e->deadline = clock_wall() + value_get_int(e->args, "ms", 0);
    if (!is_alone(e) || !record_intent(e)) {
        e->refused = e->access == ACCESS_WRITE;
        e->answer = NULL; // one that was assumed, perhaps
        effect_end(e);
        return;
    }
    if (!e->run->mode->rehearsal)
        effect_tell(e, EVENT_EFFECT_STARTED);
    effect_start(e);
}

void effect_start(struct effect *e)
{
    e->performing = true;
    e->answer = NULL; // one that was assumed is for where nobody is asked
    note_sent(e);
    e->kind->perform(e);
}

void effect_record(struct effect *e)
{
    const char *error = e->error, *code = e->code;
    if (!record_intent(e)) {
        e->code = code;
        e->error = error; // it is done all the same; without a journal the run goes no further
    }
    effect_end(e);
}

bool effect_entrust(struct effect *e, const struct value *process, struct error *err)
{
    struct journal *journal = e->run->journal;
    if (!e->journaled || journal->process(journal, e, process, err))
        return true;
    journal_lost(e, err);
    return e->run->undoing; // what takes changes back goes on, as without any record
}

void effect_unseen(struct effect *e)
{
    e->result = e->probe_gave ? e->probe_gave : e->assume;
    e->suppressed = e->unknown = e->result == NULL;
}

void effect_end(struct effect *e)
{
    struct run *run = e->run;
    if (e->performing && e->in_doubt && !e->at_work && probe_settles(e))
        return;
    e->under_way = false;
    e->ended = true;
    keep_clear(e);
    note_arrived(e);
    record_outcome(e);
    account_end(e);
    if (run->mode->ended)
        run->mode->ended(e);
    planned_hear(e);
    approved_hear(e);
    effect_tell(e, EVENT_EFFECT_ENDED);
    e->fiber->waiting = NULL;
    fiber_ready(e->fiber);
}

void effect_identified(struct effect *e, const struct object_type *type)
{
    assert(e->identifying && !e->under_way);
    e->identifying = false;
    e->typeless = type == NULL;
    if (type)
        need_set_type(e, type);
    e->fiber->waiting = NULL;
    fiber_ready(e->fiber);
}

void effect_interrupt(struct effect *e)
{
    if (e->identifying) {
        stop_identifying(e);
        e->cancelled = true;
        e->fiber->waiting = NULL;
        fiber_ready(e->fiber);
        return;
    }
    if (!e->under_way)
        return;
    if (e->access == ACCESS_WRITE && !e->local) {
        if (e->performing && e->kind->settle)
            e->kind->settle(e);
        return;
    }
    e->cancelled = true;
    e->refused = e->local;
    e->kind->cancel(e);
    effect_end(e);
}
