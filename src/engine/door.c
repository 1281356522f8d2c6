#include "engine/door.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/json.h"
#include "base/memory.h"
#include "engine/account.h"
#include "engine/approved.h"
#include "engine/convert.h"
#include "engine/failure.h"
#include "engine/mode.h"
#include "engine/permit.h"
#include "engine/probe.h"
#include "engine/quote.h"
#include "engine/run.h"
#include "engine/unknown.h"
#include "net/digest.h"

enum { SUMMARY_BYTES = 4096 };

static const char *unknown_why(const struct effect *e)
{
    return !e->run->mode->rehearsal    ? "nobody has seen it"
           : e->access == ACCESS_WRITE ? "the change was not made"
                                       : "nobody was asked";
}

// A write that was done, as its probe or a person says: that is all that verifying it asks.
static bool passes(const struct effect *e)
{
    return e->kind->expects && e->access == ACCESS_WRITE && !e->run->mode->rehearsal;
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
        return failure_raise_as(
            L, (struct failure){.kind = e->run->halted && !e->run->undoing ? FAILURE_HALTED
                                        : e->access == ACCESS_HUMAN        ? FAILURE_DENIED
                                                                           : FAILURE_EFFECT,
                                .code = e->code,
                                .text = e->error,
                                .detail = e->detail,
                                .retry_after_ms = e->retry_after_ms});
    if (e->unknown)
        return unknown_push(L, passes(e) ? UNKNOWN_DONE : UNKNOWN_ALL, e->summary, e->where,
                            unknown_why(e));
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

// Nothing begins in a run that may do nothing more.
static void check_run(lua_State *L, struct fiber *f)
{
    struct run *run = f->run;
    fiber_check(L, f);
    if (memory_is_short())
        run_halt(run, HALT_MEMORY, RUN_NO_MEMORY, "", NULL);
    if (run->halted && !run->undoing)
        failure_raise(L, FAILURE_HALTED, "the run was halted");
    if (run->undo_at_work)
        failure_raise(L, FAILURE_HALTED, "%s", run->undo_at_work);
}

static void check_looks(lua_State *L, const struct effect *e, const struct fiber *f)
{
    enum scope_part part = f->run->scope.part;
    if (f->probing && e->access == ACCESS_WRITE)
        failure_raise(L, FAILURE_USAGE, "a probe only looks, but this one would: %s", e->summary);
    if (scope_only_looks(part) && e->access == ACCESS_WRITE)
        failure_raise(L, FAILURE_USAGE,
                      "`%s` only looks, but this one would: %s. Do it in the step, or in a step of "
                      "its own",
                      scope_part_name(part), e->summary);
}

// It is known what the effect touches: that it may is found out, and it begins.
static int begin(lua_State *L, struct effect *e)
{
    struct run *run = e->run;
    const char *refusal;
    if (!permit_effect(e, &refusal))
        return failure_raise_as(L, (struct failure){.kind = FAILURE_FORBIDDEN, .text = refusal});
    e->started = clock_steady();
    account_begin(e);
    e->fiber->waiting = e;
    e->under_way = true;
    e->scope = run->scope;
    fingerprint(e);
    if (approved_allows(e))
        run->mode->perform(e);
    else
        refuse(e);
    return lua_yieldk(L, 0, lua_gettop(L), door_finish);
}

static int identified(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    struct effect *e = lua_touserdata(L, (int)context);
    check_run(L, e->fiber);
    lua_settop(L, (int)context);
    return begin(L, e);
}

int door_pass(lua_State *L, struct effect *e)
{
    struct fiber *f = fiber_of(L);
    check_place(L, e, f);
    check_run(L, f);
    check_looks(L, e, f);
    struct run *run = e->run = f->run;
    e->fiber = f;
    e->position =
        arena_printf(&e->arena, "%s%s%d", f->position, *f->position ? "." : "", ++f->effects);
    if (strlen(e->summary) > SUMMARY_BYTES)
        e->summary =
            quote(run, &e->arena, e->summary, strlen(e->summary), CLIP_LINE, SUMMARY_BYTES);
    e->where = arena_dup(&e->arena, failure_where(L));
    lua_pop(L, 1);
    if (!e->kind->identify || !permit_wants_type(e))
        return begin(L, e);
    f->waiting = e;
    e->identifying = true;
    e->kind->identify(e);
    return lua_yieldk(L, 0, lua_gettop(L), identified);
}
