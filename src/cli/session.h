// session: everything a verb needs to load and run a runbook: the loop, the run, the listeners.
#pragma once

#include "cli/options.h"
#include "engine/run.h"

struct session {
    struct loop *loop;
    struct fetcher *fetcher;
    struct redact *secrets;
    struct listener *view, *report, *hub;
    bool ndjson; // what kind of view it is
    struct run *run;
};

// Opens a session and loads the runbook file. Returns 0, or the exit code with the message printed.
int session_open(struct session *, const struct options *, const struct mode *);
// Gives the parameters, selects what is to run, and tells that the run starts. As session_open.
int session_start(struct session *, const struct options *);
// Walks the run with signals handled; returns the exit code.
int session_run(struct session *);
// Ends everything and returns `code`; a report that could not be written is told on stderr.
int session_close(struct session *, int code);
