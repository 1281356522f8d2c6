#include "engine/past.h"

#include <string.h>

const struct past_step *past_step(const struct past *past, const char *name)
{
    for (size_t i = 0; past && i < past->count; i++)
        if (strcmp(past->steps[i].name, name) == 0)
            return &past->steps[i];
    return NULL;
}
