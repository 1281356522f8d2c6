// libFuzzer target: whatever a server answers to discovery, the table can be searched and listed,
// and what it lists is found again.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "kube/discovery.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void find(struct arena *a, const struct value *table, const char *words)
{
    struct kube_resource found = {0};
    if (kube_discovery_find(a, table, words, &found) && (!found.plural || !found.kind)) {
        fprintf(stderr, "%s: found without a name\n", words);
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    error_local(err);
    const struct value *answer = json_parse(&a, (const char *)data, size, &err);
    struct value *table = value_array(&a);
    if (answer) {
        kube_discovery_add(&a, table, answer, &err);
        kube_discovery_fill(&a, kube_discovery_entry(&a, table, "apps", "v1"), answer, &err);
        for (size_t i = 0; i < value_count(table); i++)
            kube_discovery_fill(&a, value_at(table, i), answer, &err);
        struct value *list = kube_discovery_list(&a, table);
        for (size_t i = 0; i < value_count(list) && i < 20; i++) {
            const struct value *one = value_at(list, i);
            find(&a, table, value_get_text(one, "name"));
            find(&a, table,
                 arena_printf(&a, "%s.%s.%s", value_get_text(one, "name"),
                              value_get_text(one, "version"), value_get_text(one, "group")));
        }
        find(&a, table, "deploy");
        find(&a, table, "pods.v1.");
    }
    arena_free(&a);
    return 0;
}
