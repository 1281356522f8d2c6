#include "engine/scope.h"

#include <stddef.h>

const char *scope_part_name(enum scope_part part)
{
    static const char *const names[] = {[SCOPE_STEP] = "step",
                                        [SCOPE_WHEN] = "when",
                                        [SCOPE_BEFORE] = "before",
                                        [SCOPE_UNDO] = "undo"};
    return names[part];
}

bool scope_only_looks(enum scope_part part)
{
    return part == SCOPE_WHEN || part == SCOPE_BEFORE;
}

struct scope scope_make(struct arena *a, enum scope_part part, const char *step, int attempt,
                        int64_t generation)
{
    struct scope s = {.part = part, .step = step, .attempt = attempt, .generation = generation};
    const char *name = scope_part_name(part);
    if (part != SCOPE_UNDO)
        s.text = arena_printf(a, "%s:%s#%d", name, step, attempt);
    else if (generation)
        s.text = arena_printf(a, "%s:%s#%d of rollback %lld", name, step, attempt,
                              (long long)generation);
    else
        s.text = arena_printf(a, "%s:%s#%d of no rollback", name, step, attempt);
    return s;
}
