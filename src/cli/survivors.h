// survivors: programs that a run has started, and that go on after its process is gone.
#pragma once

struct options;
struct session;

// For who goes on with the session's run, with its lock held: waits for those that the run has left
// at work, so that none is started beside itself, nor asked about or undone while it works. As long
// as each was given when it was started, and says so; a signal ends the waiting. What runs where
// nobody can look is told. `verb` is what goes on with it: resume or rollback. Returns 0; or the
// exit code, with what still runs and what to do printed.
int survivors_wait(struct session *, const struct options *, const char *verb);
