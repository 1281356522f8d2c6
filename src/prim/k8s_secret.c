#include "prim/k8s_secret.h"

#include <string.h>

#include "base/base64.h"
#include "engine/run.h"

static void mask_text(const struct run *run, struct arena *a, const char *object, const char *key,
                      const char *text, bool encoded)
{
    size_t len = strlen(text);
    const char *bytes = encoded ? base64_decode(a, text, &len, NULL) : text;
    if (bytes && strcmp(key, "tls.crt") != 0 && strcmp(key, "ca.crt") != 0)
        run->mask(run->mask_arg, arena_printf(a, "%s/%s", object, key), bytes, len);
}

static void mask_data(const struct run *run, struct arena *a, const char *object,
                      const struct value *whole)
{
    static const char *const maps[] = {"stringData", "data"};
    for (size_t m = 0; m < 2; m++) {
        const struct value *map = value_get(whole, maps[m]);
        for (size_t i = 0; map && map->type == VALUE_OBJECT && i < value_count(map); i++)
            mask_text(run, a, object, map->object.members[i].key,
                      value_text(map->object.members[i].value), m == 1);
    }
}

static void mask_object(const struct run *run, struct arena *a, const struct value *object)
{
    mask_data(run, a, value_get_text(value_get(object, "metadata"), "name"), object);
}

// { op, path = "/data/KEY", value }
static void mask_operation(const struct run *run, struct arena *a, const char *object,
                           const struct value *operation)
{
    const char *path = value_get_text(operation, "path");
    bool encoded = strncmp(path, "/data/", 6) == 0;
    if (encoded || strncmp(path, "/stringData/", 12) == 0)
        mask_text(run, a, object, strrchr(path, '/') + 1, value_get_text(operation, "value"),
                  encoded);
}

void k8s_secret_mask(const struct effect *e, const struct value *answer)
{
    struct arena a = {0};
    const struct value *items = value_get(answer, "items"), *changes = value_get(answer, "changes");
    if (!e->sensitive || e->run->mask == NULL)
        return;
    mask_object(e->run, &a, answer);
    for (size_t i = 0; i < value_count(items); i++)
        mask_object(e->run, &a, value_at(items, i));
    for (size_t i = 0; i < value_count(changes); i++)
        mask_object(e->run, &a, value_get(value_at(changes, i), "object"));
    arena_free(&a);
}

void k8s_secret_mask_body(const struct effect *e, const struct run *run)
{
    static const char *const bodies[] = {"object", "merge", "strategic", "after"};
    struct arena a = {0};
    const char *name = value_get_text(e->args, "name");
    const struct value *operations = value_get(e->args, "json");
    if (!e->sensitive || run->mask == NULL)
        return;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        const struct value *body = value_get(e->args, bodies[i]);
        const char *own = value_get_text(value_get(body, "metadata"), "name");
        mask_data(run, &a, *own ? own : name, body);
    }
    for (size_t i = 0; i < value_count(operations); i++)
        mask_operation(run, &a, name, value_at(operations, i));
    arena_free(&a);
}
