// session: everything a verb needs to load and run a runbook: the loop, the run, the listeners, the
// journal.
#pragma once

#include "cli/options.h"
#include "engine/run.h"
#include "record/history.h"

struct session {
    struct loop *loop;
    struct fetcher *fetcher;
    struct redact *secrets;
    struct redact *given; // those that are parameters: what may stand masked in a source
    struct store *store;
    struct run_journal *journal; // NULL: none is kept
    struct listener *view, *report, *hub;
    void (*view_free)(struct listener *);
    struct lock *lock;        // NULL: none is held
    struct kube_lease *lease; // NULL: none is held
    struct run *run;
    struct approved *approved;     // what run->approved is
    const struct history *history; // of a run that goes on; else NULL
    struct value *kept, *shown;    // parameters: for the journal, for people
    struct value *texts;           // the latter with the secrets themselves
    struct value *assumed;         // [ name ] of secrets that an offline plan has stand-ins for
};

// Opens the journal named by the options, for verbs that only read it. Returns 0, or the exit code
// with the message printed.
int session_store(const struct options *, struct store **);
// Opens a session and loads the runbook: the file, or with `history` what the journal kept of it.
// Returns 0, or the exit code with the message printed.
int session_open(struct session *, const struct options *, const struct mode *,
                 const struct history *);
// Gives the parameters, selects what is to run, and takes the lock: from here on nobody else goes
// on with the run. As session_open.
int session_prepare(struct session *, const struct options *);
// Tells that the run starts. As session_open.
int session_start(struct session *, const struct options *);
// Walks the run; returns the exit code.
int session_run(struct session *);
// Ends everything and returns `code`; a report that could not be written is told on stderr.
int session_close(struct session *, int code);
