#include "cli/changed.h"

#include <string.h>

#include "base/file.h"
#include "cli/options.h"
#include "cli/say.h"
#include "record/history.h"

enum { LARGEST = 4 * 1024 * 1024 };

// A file that cannot be read is none to go on with, and says nothing.
static bool differs(const char *path, const struct value *source)
{
    const struct value *kept = value_get(source, "text");
    struct buf now = {.max = LARGEST};
    bool other =
        file_read(path, &now, NULL) &&
        (now.len != kept->string.len || memcmp(buf_text(&now), kept->string.text, now.len) != 0);
    buf_free(&now);
    return other;
}

// The first file that has changed, or NULL. Our libraries are no files; those beside the runbook
// are found from the folder that the run began in.
static const char *find_changed(const struct options *o, const struct history *h)
{
    const char *file = o->run.file; // NULL: the run never began
    const bool here = file && h->file && strcmp(file, h->file) == 0;
    for (size_t i = 0; file && i < value_count(h->sources); i++) {
        const struct value_member *m = &h->sources->object.members[i];
        const char *chunk = value_get_text(m->value, "chunk");
        const char *path = *m->key == '\0' ? file : here && *chunk == '@' ? chunk + 1 : NULL;
        if (path && differs(path, m->value))
            return path;
    }
    return NULL;
}

void changed_tell(const struct options *o, const struct history *h)
{
    const char *path = o->upgrade ? NULL : find_changed(o, h);
    if (path)
        say(NULL, "%s has changed since this run began; it goes on with the source it began with%s",
            path, o->approval ? ", which was approved" : "; --upgrade takes the new one");
}
