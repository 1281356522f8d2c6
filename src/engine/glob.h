// glob: a pattern in which `*` stands for any text.
#pragma once

#include <stdbool.h>

bool glob_fits(const char *pattern, const char *text);
// The same with a `*` that stands for no slash: it leads into no other folder.
bool glob_fits_within(const char *pattern, const char *text);
