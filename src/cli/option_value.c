#include "cli/option_value.h"

#include <stdlib.h>
#include <string.h>

#include "base/size.h"

enum { LEAST_MEMORY = 4 * 1024 * 1024, MOST_SECONDS = 86400 };

bool option_is_output(const char *text)
{
    static const char *const outputs[] = {"text", "ndjson", "json", "markdown", "html"};
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++)
        if (strcmp(text, outputs[i]) == 0)
            return true;
    return false;
}

bool option_is_resolution(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    const char *rest = text + digits;
    return digits && (strcmp(rest, "=done") == 0 || strcmp(rest, "=not-done") == 0 ||
                      strcmp(rest, "=retry") == 0);
}

bool option_read_memory(const char *text, int64_t *bytes)
{
    return size_parse(text, bytes) && *bytes >= LEAST_MEMORY;
}

bool option_read_seconds(const char *text, double *seconds)
{
    char *end;
    *seconds = strtod(text, &end);
    return *end == '\0' && *seconds >= 0.01 && *seconds <= MOST_SECONDS;
}
