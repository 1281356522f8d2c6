#include "base/embedded.h"

#include <string.h>

const struct embedded *embedded_find(const char *module)
{
    for (size_t i = 0; i < embedded_count; i++)
        if (strcmp(embedded_files[i].module, module) == 0)
            return &embedded_files[i];
    return NULL;
}
