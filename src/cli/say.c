#include "cli/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/quote.h"

void say(const struct run *run, const char *format, ...)
{
    struct arena a = {0};
    va_list args;
    va_start(args, format);
    const char *text = arena_vprintf(&a, format, args);
    va_end(args);
    fprintf(stderr, "runbook: %s\n", quote(run, &a, text, strlen(text), CLIP_TEXT, QUOTE_FAILURE));
    arena_free(&a);
}
