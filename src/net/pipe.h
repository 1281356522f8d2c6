// pipe: between us and the programs that we start.
#pragma once

#include <stdbool.h>

// A pipe, closed on exec, whose ends are no standard streams also where ours are closed. False with
// errno set.
bool pipe_open(int ends[2]);
void pipe_close(const int ends[2]); // those that are not -1
// Takes a descriptor, and returns one for the same that is no standard stream; -1 with errno set.
int pipe_lift(int fd);
// Takes the end that is written to, and returns one that counts as a reader, too: whoever has that
// for its output is not ended by SIGPIPE when we die, and can say what it has to say while it
// cleans up. The same one where that is not to be had.
int pipe_reopen(int end);
