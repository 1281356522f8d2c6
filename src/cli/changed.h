// changed: whether the files of a run that goes on are still what it began with.
#pragma once

struct history;
struct options;

// Says so, in a line, where the runbook or a module of it is another one by now: the run goes on
// with what it began with, and whoever mended the file would wonder.
void changed_tell(const struct options *, const struct history *);
