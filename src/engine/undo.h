// undo: the changes that can be taken back. A step's undo is registered before the step begins and
// run last first when the run rolls back; the one function of several steps runs once.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "engine/step_state.h"

struct run;
struct step;
struct value;

struct undo_entry {
    const struct step *step;
    enum step_state state;
    const char *why;             // it failed or was stopped; NULL
    const char *withheld;        // why what it returned is not known any more; NULL: it is
    int writes;                  // that the step sent
    bool has_before;             // its `before` was taken
    const struct value *before;  // what that was; NULL: it is withheld
    const char *before_withheld; // why; NULL: it is not
    bool undone;                 // by its own undo, or by the shared one
    bool given_up;               // the undo that it shares has failed
    const char *doubt;           // the change that may or may not have happened; NULL: none
    bool in_doubt;               // a write of the step may or may not have happened
};

// What an undo has done so far: one that neither sends nor looks takes nothing back. What was lost
// nobody answered.
struct undo_deeds {
    int sent, looked, lost;
    const char *last;    // code of what came back last; NULL: nothing was wrong with it
    const char *refused; // code of a write that was answered as one that failed, which nothing
                         // behind it has judged: no look, and no `expect`; NULL: none
    const char *refusal; // that answer in words
};

struct undo {
    struct undo_entry *entries; // in the order in which the steps began
    size_t count, room;
};

// Registers a step that is about to begin, with what is on record of it, its result included; the
// entry stays valid until the next call.
struct undo_entry *undo_register(struct run *, const struct step *);
// Registers what is on record of steps that the resumed run has not come to again: it may end
// before it does, and what they have changed is to be taken back, or named, all the same.
void undo_recall(struct run *);
// The entry of the step of that name; NULL: it has not begun.
struct undo_entry *undo_entry(const struct run *, const char *step);
// Calls the undo of a step, as the attempt that run->scope names, with what was before the first of
// the steps that share it. Returns its failure, or NULL.
struct value *undo_call(struct run *, const struct step *);
// Runs every undo of a step that made writes, last first. A failing one is tried again as
// undo_retry.h says, then noted, and the others still run. Returns true when none failed. `cause`
// is the headline; `wished`: it is a person's wish, and not a failure.
bool undo_all(struct run *, const char *cause, bool wished);
// Notes that the undo of that step, and so of all that share it, was done before the run was
// resumed.
void undo_done_before(struct run *, const char *step);
void undo_free(struct undo *);

// Is its undo to run when the run is rolled back?
bool undo_is_due(const struct undo_entry *);
// The steps whose undo is to run, in that order: [ name ] in the run's arena.
struct value *undo_names(struct run *);
