#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

bool error_set(struct error *err, const char *format, ...)
{
    if (err == NULL)
        return false;
    struct buf text = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    free(err->words); // not before: the arguments may point into it
    err->words = buf_take(&text);
    return false;
}

const char *error_text(const struct error *err)
{
    return err->words ? err->words : "";
}

bool error_is_set(const struct error *err)
{
    return *error_text(err) != '\0';
}

void error_move(struct error *to, struct error *from)
{
    char *words = from->words;
    from->words = NULL;
    free(to->words);
    to->words = words;
}

void error_free(struct error *err)
{
    free(err->words);
    err->words = NULL;
}
