// run: one execution of a runbook, or of its plan. Holds what the fibers, the door, the mode and
// the listeners share, and walks the phases to an exit code.
#pragma once

#include <lua.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/effect.h"
#include "engine/event.h"
#include "engine/exit.h"
#include "engine/fiber.h"
#include "engine/outline.h"
#include "engine/past.h"
#include "engine/scope.h"
#include "engine/undo.h"

struct loop;
struct timer;
struct fetcher;
struct journal;
struct mode;
struct permit;

struct run_options {
    const char *file;
    bool yes;        // every approval is given
    bool no_input;   // never ask
    bool unseen;     // no person sees what listeners print: a question prints itself
    bool debug;      // tracebacks
    const char *out; // where the plan is written down; NULL: nowhere
    const char *kubeconfig, *context;
    const char *cluster; // where these must lead, in words: see prim/k8s_client.h; NULL: anywhere
    const char *const *allow, *const *deny; // rules for this run beside the runbook's own
    const char *journal;                    // its file; NULL: the default; "none": none is kept
    const char *lease;         // "namespace/name"; NULL: as the runbook says; "none": none is taken
    const char *from, *only;   // step names ("step" or "phase/step"), or NULL
    const char *const *phases; // names, NULL-terminated; NULL: all
    int64_t max_memory;        // bytes of Lua memory; 0: the default, 256 MiB
    double max_seconds;        // that Lua may run in a step, waits not counted; 0: 60

    int64_t undo_patience_ms; // how long an undo is tried again while nobody answers

    bool offline;               // plan: nobody is asked anything
    const char *world;          // plan: the world file whose services answer instead, or NULL
    const char *assume_failure; // plan: the step that is taken to fail at its end, or NULL
};

// Why a run may do nothing more, save take its changes back.
enum halt {
    HALT_NOT,
    HALT_JOURNAL,    // it cannot be written
    HALT_MEMORY,     // the system has none left but a reserve
    HALT_DIVERGED,   // it tells of another path
    HALT_DOUBT,      // an effect's outcome is not on record
    HALT_LOCK,       // it is not the only one any more
    HALT_UNAPPROVED, // it wants to make a change that its plan does not contain
};

#define RUN_NO_MEMORY "the system has no memory left"

enum { RUN_COMPUTED = 64 };

struct run_counts {
    int steps, failed, skipped, reads, writes, waits, asks, checks;
    int open;      // steps of an offline plan that end where an answer is missing
    int unchanged; // plan: of the writes, those that would leave everything as it is
    int refusals;  // plan: writes, not among `writes`, that are declared to be refused
};

struct run {
    lua_State *L;
    struct loop *loop;
    struct fetcher *fetcher;
    struct listener *listener; // may be NULL
    const struct mode *mode;
    const struct run_options *options;
    const char *again; // what begins the same anew, behind `runbook`; NULL: the file alone
    // Asked when a plan has come to its end without a problem: keeps it, with `end` for its end.
    // False with `err` set when it cannot. NULL: it is not kept.
    bool (*keep)(void *arg, const struct value *end, struct error *err);
    void *keep_arg;
    void *mode_state;
    // Given by whoever owns the listeners; may be NULL. `mask` keeps a text from being shown from
    // now on; `masked` returns text with every secret masked, for the caller to free.
    // True when it was none before.
    bool (*mask)(void *arg, const char *name, const char *text, size_t len);
    char *(*masked)(void *arg, const char *text, size_t len, size_t *out_len);
    struct value *(*masked_value)(void *arg, struct arena *, const struct value *);
    // Why the journal cannot keep `v` such that it comes back as it is; NULL: it can.
    const char *(*unkeepable)(void *arg, const struct value *v);
    // How much of a text that was cut at `len` can be told: not what may be half a secret.
    size_t (*whole)(void *arg, const char *text, size_t len);
    // The line of these parts of a rule, with "${name}" or "*" in place of each secret.
    const char *(*rule)(void *arg, struct arena *, const struct value *parts);
    void *mask_arg;
    // Asked before each change is sent: is this the only run of its runbook and target? False with
    // `err` set when that is not certain any more. NULL: it is.
    bool (*alone)(struct run *, void *arg, struct error *err);
    void *alone_arg;
    void *kube; // prim/k8s keeps its client here
    void (*kube_free)(void *);

    struct fiber root;
    struct fiber *ready_first, *ready_last, *running;

    struct arena arena; // lives as long as the run
    char id[40];
    int64_t started;
    uint64_t seed;
    size_t lua_used, lua_held, lua_max; // bytes: Lua's own, C's on behalf of Lua, the most of both
    size_t lua_worked;                  // bytes gone through since state_look: see state_charge
    long lua_tick;                      // of the coarse clock, when the hook last looked
    int64_t lua_spent_us, lua_entered_us; // see budget
    int loading;                          // modules under way
    uint64_t turns;                       // how many calls of the author's functions began

    struct outline outline;
    const struct phase *phase; // where the run is now; NULL outside of one
    const struct step *step;
    struct fiber *step_fiber; // the step's own, while it runs
    struct timer *step_timer;
    bool undo_in_doubt; // a write of the undo that runs now, `undo_doubt`
    const char *undo_doubt;
    const char *undo_at_work; // what it has begun cannot be stopped, and is still at work; or NULL
    bool undoing;
    struct undo_deeds undo_deeds; // of the undo that runs now
    int64_t deadline;             // of the step, steady clock in ms; 0: none
    int64_t skipped_ms;           // plan: waits that were passed over
    int writing;                  // writes under way
    int step_writes;              // sent or suppressed by the step under way
    bool step_stale;              // the step has read something that a change not made would affect
    bool step_assumed;            // plan: the step has had an answer that was assumed
    struct value *results;        // { step name: what it returned }
    const char *result_lost;      // why what the step under way returned is not known; NULL: it is
    struct value *stale_results;  // { step name: true }: plan: what rests on a step_stale one
    struct value *figures;        // last figures that a bake told of, for progress
    struct undo undo;
    struct permit *permit; // NULL: everything is allowed
    struct value *touched; // parts of rules, as effects ask for them and all are allowed; or NULL
    struct value *used;    // { name: true } of the parameters that were asked for, if wanted
    struct run_counts counts;
    bool failure_assumed;    // plan: the step that was to be taken to fail has done so
    enum halt halted;        // nothing more may be done
    struct value *halted_by; // as failure_make makes it
    const char *settle;      // HALT_DOUBT: what to type next; NULL: nobody can tell yet
    const char *journal_error;

    struct planned *planned;   // plan: collects what is to be approved; else NULL
    struct approved *approved; // the plan that the run is held to, its owner's; else NULL
    struct value *loaded;      // { module: { chunk, text } } of all that was loaded, if wanted
    char computed[RUN_COMPUTED][65]; // see engine/identity.h
    unsigned computed_count;

    struct journal *journal; // NULL: none is kept
    struct scope scope;      // of the effects under way
    const struct past *past; // of a run that goes on; else NULL
    bool proves;  // what is finished is replayed first, as proof that another source does the same
    bool proving; // the step under way is one of those
    struct value *sources;     // { module: { chunk, text } } of a run that goes on; else NULL
    struct value *began_with;  // those that it began with, also when others are tried
    int64_t generation;        // how many rollbacks of this run began
    struct value *resolutions; // { seq: "done" | "not-done" | "retry" }
    struct value
        *stays; // [ { step, text } ]: changes that stand after a failure, on purpose or not

    volatile sig_atomic_t signal; // SIGINT or SIGTERM once it came
};

// Makes a run with its Lua state, sandboxed and with the engine's own names in it; the caller adds
// the primitives. NULL with `err` set when there is no memory for it.
struct run *run_new(struct loop *, struct fetcher *, const struct run_options *,
                    const struct mode *, struct listener *, struct error *err);
void run_free(struct run *);
// Walks the phases of the loaded outline; returns the exit code. Every failure has been told to the
// listener.
int run_walk(struct run *);
// Asks the run to stop between effects: call it from the loop once `signal` is set.
void run_stop(struct run *);

// Lets the run do nothing more, save take its changes back; while it does, only the loss of the
// journal counts. The first reason stands; texts are copied, `detail` may be NULL.
void run_halt(struct run *, enum halt why, const char *text, const char *where, const char *detail);

// The same from the loop: what is waited for is given up at once, save a change that is under way.
void run_halt_now(struct run *, enum halt why, const char *text);

// What to type to "resume" the run or to do with it whatever `verb` says; lives as long as the run.
const char *run_command(struct run *, const char *verb);

// Sends an event; `data` may be NULL. Phase and step are filled in.
void run_tell(struct run *, enum event_type, struct value *data);
// A copy in the arena with secrets masked; VALUE_NULL for NULL.
struct value *run_masked(const struct run *, struct arena *, const struct value *);
// Milliseconds since 1970 as the runbook sees them: a plan's clock runs ahead by the waits it
// skips.
int64_t run_now(const struct run *);
