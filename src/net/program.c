#include "net/program.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

char **program_candidates(const char *name)
{
    const char *path = strchr(name, '/') ? NULL : getenv("PATH");
    if (path == NULL && !strchr(name, '/'))
        path = "/bin:/usr/bin";
    size_t count = 1, used = 0;
    for (const char *p = path; p && *p; p++)
        count += *p == ':';
    char **all = mem_alloc((count + 1) * sizeof *all);
    if (path == NULL)
        all[used++] = mem_dup(name);
    for (const char *p = path, *end; p; p = *end ? end + 1 : NULL) {
        struct buf file = {0};
        end = p + strcspn(p, ":");
        buf_add(&file, end > p ? p : ".", end > p ? (size_t)(end - p) : 1);
        buf_printf(&file, "/%s", name);
        all[used++] = buf_take(&file);
    }
    return all;
}

void program_candidates_free(char **all)
{
    for (char **file = all; *file; file++)
        free(*file);
    free(all);
}

static bool is_program(const char *file)
{
    struct stat s;
    return stat(file, &s) == 0 && S_ISREG(s.st_mode) && access(file, X_OK) == 0;
}

const char *program_find(struct arena *a, const char *name, const char *folder)
{
    char **all = program_candidates(name);
    const char *found = NULL;
    for (char **file = all; *file && !found; file++) {
        bool moved = folder && **file != '/';
        if (is_program(moved ? arena_printf(a, "%s/%s", folder, *file) : *file))
            found = arena_dup(a, *file);
    }
    program_candidates_free(all);
    return found;
}
