#include "engine/glob.h"

#include <stddef.h>
#include <string.h>

static bool fits(const char *pattern, const char *text, char stops)
{
    const char *star = NULL, *back = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            back = text;
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (star && *back != stops) {
            pattern = star;
            text = ++back;
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}

bool glob_fits(const char *pattern, const char *text)
{
    return fits(pattern, text, '\0');
}

bool glob_fits_within(const char *pattern, const char *text)
{
    return fits(pattern, text, '/');
}
