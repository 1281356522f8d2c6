#include "kube/discovery_cache.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/duration.h"
#include "base/file.h"
#include "base/json.h"

enum { FRESH_MS = 10 * 60 * 1000, FILE_MAX = 16 * 1024 * 1024 };

// FNV-1a: names the file; the server's URL inside the file says whether it is really meant.
static uint64_t hash_of(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash;
}

static const char *path_of(struct arena *a, const char *folder, const char *server)
{
    return arena_printf(a, "%s/discovery/%016" PRIx64 ".json", folder, hash_of(server));
}

struct value *kube_discovery_cache_read(struct arena *a, const char *folder, const char *server)
{
    struct buf text = {.max = FILE_MAX};
    struct value *doc = NULL;
    if (file_read(path_of(a, folder, server), &text, NULL))
        doc = json_parse(a, text.data ? text.data : "", text.len, NULL);
    buf_free(&text);
    struct value *table = value_get(doc, "table");
    int64_t age = clock_wall() - value_get_int(doc, "at", 0);
    bool good = strcmp(value_get_text(doc, "server"), server) == 0 && age >= 0 && age < FRESH_MS &&
                table && table->type == VALUE_ARRAY;
    return good ? table : NULL;
}

// Makes the folder and those above it, for our user only.
static void folder_make(struct arena *a, const char *folder)
{
    char *path = arena_dup(a, folder);
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    mkdir(path, 0700);
}

void kube_discovery_cache_write(const char *folder, const char *server, struct value *table)
{
    struct arena a = {0};
    struct buf text = {0};
    struct value *doc = value_object(&a);
    value_set(&a, doc, "server", value_string(&a, server));
    value_set(&a, doc, "at", value_int(&a, clock_wall()));
    value_set(&a, doc, "table", table);
    folder_make(&a, arena_printf(&a, "%s/discovery", folder));
    if (json_write(&text, doc, JSON_COMPACT))
        file_write(path_of(&a, folder, server), buf_text(&text), text.len, NULL);
    buf_free(&text);
    arena_free(&a);
}
