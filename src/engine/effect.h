// effect: one thing that a runbook does to the outside: what it is, how it is done, what came of
// it. It takes place behind the door (engine/door).
#pragma once

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/value.h"
#include "engine/need.h"
#include "engine/scope.h"

struct fiber;
struct run;
struct effect;

enum effect_access { ACCESS_READ, ACCESS_WRITE, ACCESS_TIME, ACCESS_HUMAN };

// A row in the table of effects. A primitive brings one for each kind it knows.
struct effect_kind {
    const char *name; // "http.request"
    bool fetches;     // it asks by HTTP alone, so that a world file can answer
    bool roams;       // nobody knows what it works on, unless its author says so (effect.apart)
    // Starts the work. Ends by one call of effect_end, at once or later from the loop.
    void (*perform)(struct effect *);
    // Ends the work at once and frees what belongs to it; effect_end will not be called. Called
    // only while under way.
    void (*cancel)(struct effect *);
    // A write under way is to come to its end soon: makes no further attempt at it. May be NULL.
    void (*settle)(struct effect *);
    // Plan mode: starts asking the other side what a write would do, without doing it (Kubernetes'
    // server-side dry run). NULL, or false when it cannot: then the write is suppressed.
    bool (*rehearse)(struct effect *);
    // Plan mode: does the write need `made`, an object as the plan leaves it in the same system
    // (VALUE_NULL: deleted), to be there first? NULL: it needs none.
    bool (*rests_on)(const struct effect *, const struct value *made);
    // Plan mode: a read has come back; puts into its result what the plan makes of `target`, an
    // object of the same system (VALUE_NULL: deleted). False when the read tells nothing of it.
    // NULL: it never does.
    bool (*amend)(struct effect *, const char *target, const struct value *object);
    // Turns the result into Lua values on L and returns their number; may raise a failure. A result
    // of VALUE_NULL says that the target is not there. NULL: convert_push.
    int (*push)(lua_State *L, struct effect *);
    // Starts asking what type the object has that it needs; ends by one call of effect_identified.
    // `cancel` ends it at once. NULL: it needs none.
    void (*identify)(struct effect *);
    // Adds the needs of a request of that method to that URL, to which a redirect leads. NULL: it
    // is judged by these two.
    void (*needs)(struct effect *, const char *method, const char *url);
    // A run that goes on: is what the write has made of this machine still there? NULL: it is.
    bool (*stands)(const struct effect *);
    // What an author says that the answer is, in the shape of a real one, in the effect's arena;
    // NULL when it is none. NULL: it is taken as it is.
    struct value *(*complete)(struct effect *, const struct value *given);
    bool expects; // its answer has `expect` and `ok`, by which a runbook only verifies it
    // Frees `work` when it is set and not under way any more. May be NULL.
    void (*release)(struct effect *);
};

// What the probe of a write in doubt has said.
enum effect_probed { PROBED_NOT_YET, PROBED_DONE, PROBED_NOT_DONE, PROBED_UNSURE };

struct effect {
    const struct effect_kind *kind;
    enum effect_access access;
    struct arena arena;   // owns all the texts and values below
    size_t held;          // bytes of it that count as the script's memory
    const char *summary;  // one line for people: "PATCH ingress/billing-canary"
    const char *system;   // what it talks to: "https://api.stripe.com"; reads after a write to the
                          // same system depend on that write
    const char *target;   // the very object, when reads can be matched with writes; else NULL
    struct value *args;   // all that the performer needs, as plain data
    struct value *assume; // what the author says the answer will be, for plans; or NULL
    int slot;             // its place on the stack of the primitive that made it
    bool local;           // a write to this machine: what it talks to is only asked
    bool has_probe;       // its first user value is a function that tells whether it has happened
    bool apart;           // of a kind that roams: it works on its `system` alone
    bool repeatable;      // a write that may be sent again when its outcome is not known
    bool sensitive;       // its answer holds secrets: the journal does not keep it
    const struct need *needs; // what of the outside it touches
    const struct need *hop;   // the same of the redirect that is followed; NULL: none
    bool quiet;               // not worth a line of its own unless it fails (the clock)
    // Names of arguments, parted by blanks, that say nothing of what a write does, because they
    // only guard it or repeat another; or NULL.
    const char *aside;
    const struct value *varies; // [ path in args ] that only the run can know; or NULL
    struct value *veiled;       // `args` without what a Secret holds, where they do; else NULL
    // Plan mode: the target as the plan has left it so far, when it has changed it; set by the mode
    // before it rehearses a write. VALUE_NULL: deleted.
    struct value *before;
    bool rests; // plan mode: the plan itself makes what the write needs to be there first
    bool alone; // plan mode: nobody may be asked, also not for a rehearsal
    // Plan mode: the answer of a write that was not made, made up from what is known; or NULL.
    struct value *would_be;
    bool would_be_partial; // it is only what is known of the object: a read tells the rest
    bool unchanged;        // plan mode: the write would leave the object as it is

    // Set by the door.
    bool public_only; // what is connected to must have a public address
    bool identifying; // the type of its object is asked for; nothing else has begun
    bool typeless;    // it was asked for, and nobody answered
    struct run *run;
    struct fiber *fiber;
    struct scope scope; // what of the run it belongs to
    const char
        *position;     // "3", or "3.1.2" inside parallel; of any length: it is what tells it apart
    const char *where; // the line of the author's; "": none
    char fingerprint[65]; // of kind, system and arguments, secrets masked
    int64_t started;      // steady clock, ms
    int64_t deadline; // of a wait: milliseconds since 1970; after a resume the one it had before
    bool under_way, performing, ended, cancelled;
    bool is_sent; // it is at `sending` among what is on its way (net/sending)
    int sending;
    bool journaled;  // its intent is on record, so its outcome is to be
    bool replayed;   // answered from the journal
    bool suppressed; // a write that was not made
    // Plan mode: what an answer that was not asked for rests on: "declared" (`assume`), "planned"
    // (what an earlier write of the plan leaves behind) or "world"; NULL: it was asked for, or
    // there is none.
    const char *basis;
    bool unknown; // plan mode: nothing says what the answer is
    bool stale;   // read from a system that a suppressed write would have changed

    const struct value *planned; // what the plan that the run is held to has in its place

    bool asking; // its probe is to be called
    enum effect_probed probed;
    const char *probe_says;    // why it is not sure
    struct value *probe_gave;  // what it says that the answer was; or NULL
    struct timer *probe_pause; // until it is asked once more
    bool probed_twice;
    bool left_open;            // in doubt since before the run went on
    bool counted_before;       // among the writes that the step had made before the run went on
    lua_KFunction after_probe; // where the door goes on
    char *outer_position;      // of the fiber, while its probe is called
    int outer_effects;

    // Set by the performer.
    void *work;             // its own
    struct value *result;   // NULL with `error` set when it failed
    const char *error;      // one sentence
    const char *code;       // with `error`: what kind of failure it is, of base/code.h
    int64_t retry_after_ms; // with `error`: how long the other side asks to be left alone; or < 1
    const char *detail;     // further lines to the error, or NULL
    bool in_doubt;          // failed, and the change may have happened all the same
    bool at_work;           // in doubt, for what was to make it cannot be stopped
    bool refused;           // a write that certainly changed nothing; in a plan: that would not
    const char *answer;     // one short line for people: "200 in 31 ms"
    struct value *diff;     // [ { path, old, new } ] of a write, when known
    const char *note;       // a remark for people, when there is one
    struct value *details; // [ { name, text } ] of a write, when its summary is not the whole of it
};

// Pushes a new effect of `kind` onto L, to be closed with the calling C function. May raise.
struct effect *effect_new(lua_State *L, const struct effect_kind *kind, enum effect_access access);
// Called by performers and modes: the effect has come to its end, with `result` or `error` set.
void effect_end(struct effect *e);
// Called by `identify`'s performers: the type is known, or NULL: nobody could be asked.
void effect_identified(struct effect *e, const struct object_type *);
// Sets the answer of a write that nobody has seen, or that cannot be given again: what its probe or
// else its author says stands in for it, or an unknown.
void effect_unseen(struct effect *e);
// For modes: performs the effect, without a word to the journal.
void effect_start(struct effect *e);
// For modes: writes the intent down and performs the effect.
void effect_do(struct effect *e);
// For performers: the write is made by another process, which waits for this to return. Writes down
// durably which one it is, as plain data. False with `err` set when it must not begin.
bool effect_entrust(struct effect *e, const struct value *process, struct error *err);
// For modes: writes the intent down and ends the effect with what is set, without performing it.
void effect_record(struct effect *e);
// Cancels what may be cancelled: everything but a write that is on its way, which is not tried
// again.
void effect_interrupt(struct effect *e);

const char *access_name(enum effect_access access);
