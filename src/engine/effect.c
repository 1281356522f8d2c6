#include "engine/effect.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/json.h"
#include "engine/approved.h"
#include "engine/convert.h"
#include "engine/effect_told.h"
#include "engine/failure.h"
#include "engine/journal.h"
#include "engine/mode.h"
#include "engine/permit.h"
#include "engine/planned.h"
#include "engine/probe.h"
#include "engine/run.h"
#include "engine/unknown.h"
#include "net/digest.h"

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
        run->journal_error = arena_dup(&run->arena, err->text);
    run_halt(run, HALT_JOURNAL, err->text, e->where, NULL);
}

static void record_outcome(struct effect *e)
{
    struct journal *journal = e->run->journal;
    struct error err;
    if (e->journaled && !journal->end(journal, e, &err))
        journal_lost(e, &err);
}

// Counts a write that is begun (1), or takes back the count of one that changed nothing (-1).
static void count_write(struct run *run, int by)
{
    run->counts.writes += by;
    run->step_writes += by;
    if (run->undo.count && !run->undoing)
        run->undo.entries[run->undo.count - 1].writes += by;
}

// Keeps the books of what the step has changed, for its undo and for the last word on the run.
static void account(struct effect *e)
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

// Ends what is under way: the fiber that asked is gone.
static int effect_close(lua_State *L)
{
    struct effect *e = lua_touserdata(L, 1);
    if (e->under_way) {
        e->under_way = false;
        if (e->performing && e->access == ACCESS_WRITE) {
            e->in_doubt = true;
            e->error = "given up while it was under way";
        }
        e->cancelled = !e->in_doubt; // in doubt also while its probe was asked
        if (e->performing)
            e->kind->cancel(e);
        record_outcome(e);
        account(e);
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
    arena_free(&e->arena);
    return 0;
}

struct effect *effect_new(lua_State *L, const struct effect_kind *kind, enum effect_access access)
{
    struct effect *e = lua_newuserdatauv(L, sizeof *e, 1);
    *e = (struct effect){.kind = kind, .access = access, .slot = lua_gettop(L)};
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
    struct error err;
    if (journal == NULL || journal->begin(journal, e, &err)) {
        e->journaled = journal != NULL;
        return true;
    }
    journal_lost(e, &err);
    if (e->run->undoing)
        return true;
    e->error = arena_printf(&e->arena, "%s was not sent: %s", e->summary, err.text);
    return false;
}

// Nothing is changed by a run that may not be the only one.
static bool is_alone(struct effect *e)
{
    struct run *run = e->run;
    struct error err;
    if (e->access != ACCESS_WRITE || run->alone == NULL || run->alone(run, run->alone_arg, &err))
        return true;
    run_halt(run, HALT_LOCK, err.text, e->where, NULL);
    e->error = arena_printf(&e->arena, "%s was not sent: %s", e->summary, err.text);
    e->refused = true;
    return false;
}

void effect_do(struct effect *e)
{
    if (e->access == ACCESS_TIME && e->deadline == 0)
        e->deadline = clock_wall() + value_get_int(e->args, "ms", 0);
    if (!is_alone(e) || !record_intent(e)) {
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
    e->kind->perform(e);
}

void effect_record(struct effect *e)
{
    record_intent(e);
    effect_end(e);
}

void effect_unseen(struct effect *e)
{
    e->result = e->assume;
    e->suppressed = e->unknown = e->assume == NULL;
}

void effect_end(struct effect *e)
{
    struct run *run = e->run;
    if (e->performing && e->in_doubt && probe_settles(e))
        return;
    e->under_way = false;
    e->ended = true;
    record_outcome(e);
    account(e);
    if (run->mode->ended)
        run->mode->ended(e);
    planned_hear(e);
    approved_hear(e);
    effect_tell(e, EVENT_EFFECT_ENDED);
    e->fiber->waiting = NULL;
    fiber_ready(e->fiber);
}

void effect_interrupt(struct effect *e)
{
    if (!e->under_way)
        return;
    if (e->access == ACCESS_WRITE) {
        if (e->performing && e->kind->settle)
            e->kind->settle(e);
        return;
    }
    e->cancelled = true;
    e->kind->cancel(e);
    effect_end(e);
}

static const char *unknown_why(const struct effect *e)
{
    return !e->run->mode->rehearsal    ? "nobody has seen it"
           : e->access == ACCESS_WRITE ? "the change was not made"
                                       : "nobody was asked";
}

static int door_finish(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    struct effect *e = lua_touserdata(L, (int)context);
    if (e->asking)
        return probe_call(L, e, context, door_finish);
    if (e->cancelled)
        fiber_check(L, e->fiber);
    if (e->error && e->stale)
        return failure_raise(L, FAILURE_UNKNOWN,
                             "%s, but that is how it is before a change that was not made; declare "
                             "what it would answer with `assume = ...` on the call at %s",
                             e->error, e->where);
    if (e->error)
        return failure_raise_detail(L,
                                    e->run->halted && !e->run->undoing ? FAILURE_HALTED
                                    : e->access == ACCESS_HUMAN        ? FAILURE_DENIED
                                                                       : FAILURE_EFFECT,
                                    e->error, e->detail);
    if (e->unknown)
        return unknown_push(L, e->summary, e->where, unknown_why(e));
    if (e->kind->push)
        return e->kind->push(L, e);
    convert_push(L, e->result);
    return 1;
}

// A place where the door cannot wait, in words instead of Lua's "across a C-call boundary".
static void check_place(lua_State *L, const struct effect *e, const struct fiber *f)
{
    if (f == NULL)
        failure_raise(L, FAILURE_USAGE,
                      "%s is used while the file loads; only step functions may do that: put it "
                      "inside `step \"...\" { function(run) ... end }`",
                      e->kind->name);
    if (!lua_isyieldable(L))
        failure_raise(L, FAILURE_USAGE,
                      "%s cannot wait here (inside table.sort, a gsub callback, require or a "
                      "metamethod that sorts); do it before, and use its result here",
                      e->kind->name);
}

static void count(struct run *run, const struct effect *e)
{
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

// What was asked for, in one canonical form, with secrets masked: equal effects have equal
// fingerprints.
static void fingerprint(struct effect *e)
{
    const struct run *run = e->run;
    struct buf text = {0};
    unsigned char digest[DIGEST_SIZE];
    if (run->journal == NULL && !run->mode->rehearsal)
        return;
    buf_printf(&text, "%s\n%s\n", e->kind->name, e->system ? e->system : "");
    json_write(&text, e->args, JSON_CANONICAL);
    size_t len = text.len;
    char *safe = run->masked ? run->masked(run->mask_arg, text.data, text.len, &len) : NULL;
    digest_sha256(safe ? safe : text.data, len, digest);
    digest_hex(digest, sizeof digest, e->fingerprint);
    free(safe);
    buf_free(&text);
}

// A write that the approved plan does not contain ends the run, also where the step would go on.
static void refuse(struct effect *e)
{
    e->refused = true;
    e->note = e->detail;
    e->answer = NULL;
    run_halt(e->run, HALT_UNAPPROVED, e->error, e->where, e->detail);
    effect_end(e);
}

int door_pass(lua_State *L, struct effect *e)
{
    struct fiber *f = fiber_of(L);
    check_place(L, e, f);
    fiber_check(L, f);
    struct run *run = f->run;
    if (run->halted && !run->undoing)
        return failure_raise(L, FAILURE_HALTED, "the run was halted");
    if (f->probing && e->access == ACCESS_WRITE)
        return failure_raise(L, FAILURE_USAGE, "a probe only looks, but this one would: %s",
                             e->summary);
    e->run = run;
    e->fiber = f;
    snprintf(e->position, sizeof e->position, "%s%s%d", f->position, *f->position ? "." : "",
             ++f->effects);
    failure_where(L, e->where, sizeof e->where);
    const char *refusal;
    if (!permit_effect(e, &refusal))
        return failure_raise_detail(L, FAILURE_FORBIDDEN, refusal, NULL);
    e->started = clock_steady();
    count(run, e);
    f->waiting = e;
    e->under_way = true;
    e->scope = run->scope;
    fingerprint(e);
    if (approved_allows(e))
        run->mode->perform(e);
    else
        refuse(e);
    return lua_yieldk(L, 0, lua_gettop(L), door_finish);
}
