// living: the programs that we have started and that have not ended, as a signal handler may read
// them.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

// Notes one down, by a name for people; `leads`: it leads a process group of its own. Returns what
// living_remove takes; -1 when there is no room, which takes nothing but its mention.
int living_add(pid_t pid, bool leads, const char *name);
void living_remove(int place); // it has ended, and is about to be reaped
// For a process that is about to end, from a signal handler, too: says on stderr what is still at
// work, and has all of it told to end. The leaders get SIGTERM from the kernel as we end
// (net/spawn_exec): twice would mean to some of them that they must not take the time to clean up.
void living_end(void);
