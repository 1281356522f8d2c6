// signals: the first SIGINT, SIGTERM or SIGHUP asks the run to stop between effects; the second
// ends the process at once, even when Lua is busy; but what comes within a quarter of a second
// of another is its echo.
#pragma once

struct run;

void signals_watch(struct run *); // the run must outlive the watch
void signals_release(void);
// What to say besides when the second one ends the process: it is copied, and may be cut.
void signals_tell(const char *text);
