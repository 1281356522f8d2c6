#include "base/size.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <strings.h>

bool size_parse(const char *text, int64_t *bytes)
{
    static const char *const units[] = {"B", "KB", "MB", "GB"};
    char *end = NULL;
    int64_t n = isdigit((unsigned char)*text) ? strtoll(text, &end, 10) : 0;
    if (n <= 0 || n >= 1000000000)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        *bytes = n << (10 * i);
        if (strcasecmp(end, units[i]) == 0)
            return true;
    }
    return false;
}
