#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

bool error_set(struct error *err, const char *format, ...)
{
    if (err == NULL)
        return false;
    struct error fresh;
    va_list args;
    va_start(args, format);
    vsnprintf(fresh.text, sizeof fresh.text, format, args);
    va_end(args);
    *err = fresh;
    return false;
}
