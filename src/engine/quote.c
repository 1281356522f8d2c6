#include "engine/quote.h"

#include <stdlib.h>

#include "base/userinfo.h"
#include "engine/run.h"

const char *quote(const struct run *run, struct arena *a, const char *text, size_t len,
                  enum clip how, size_t most)
{
    size_t safe_len = len;
    char *safe = run && run->masked ? run->masked(run->mask_arg, text, len, &safe_len) : NULL;
    const char *shown = safe ? safe : userinfo_hidden(a, text, len, &safe_len);
    const char *quoted = clip_text(a, shown, safe_len, how, most);
    free(safe);
    return quoted;
}
