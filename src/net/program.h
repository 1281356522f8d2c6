// program: the file that the name of a program stands for.
#pragma once

#include "base/arena.h"

// The files that it may be, to be tried in this order: as it stands, or in each folder of PATH.
// Ended by NULL; for program_candidates_free.
char **program_candidates(const char *name);
void program_candidates_free(char **);
// The one that would be run from within the folder (NULL: ours), as it stands among them, or NULL
// when there is none.
const char *program_find(struct arena *, const char *name, const char *folder);
