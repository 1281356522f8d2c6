#include "kube/listing.h"

#include <string.h>

// Items of the server's own types come without apiVersion and kind, which the list's tell.
static void item_name(struct arena *a, const struct value *list, struct value *item)
{
    const char *kind = value_get_text(list, "kind"), *version = value_get_text(list, "apiVersion");
    size_t len = strlen(kind);
    if (item->type != VALUE_OBJECT || len <= 4 || strcmp(kind + len - 4, "List") != 0)
        return;
    if (value_get(item, "apiVersion") == NULL)
        value_set(a, item, "apiVersion", value_string(a, version));
    if (value_get(item, "kind") == NULL)
        value_set(a, item, "kind", value_bytes(a, kind, len - 4));
}

bool kube_listing_goes_on(struct arena *a, struct kube_listing *l, const struct kube_answer *answer)
{
    if (answer->status == 410 && l->next) {
        *l = (struct kube_listing){0};
        return true;
    }
    if (answer->error || answer->status != 200)
        return false;
    struct value *list = (struct value *)answer->value, *items = value_get(list, "items");
    for (size_t i = 0; items && items->type == VALUE_ARRAY && i < items->array.count; i++)
        item_name(a, list, items->array.items[i]);
    const char *next = value_text(value_path(list, "metadata.continue"));
    l->next = *next ? next : NULL;
    if (l->whole == NULL) {
        l->whole = list;
        struct value *metadata = value_get(list, "metadata");
        if (items == NULL || items->type != VALUE_ARRAY) // "items": null is an empty list
            value_set(a, list, "items", value_array(a));
        if (metadata && metadata->type == VALUE_OBJECT) {
            value_remove(metadata, "continue");
            value_remove(metadata, "remainingItemCount");
        }
    } else {
        struct value *all = value_get(l->whole, "items");
        for (size_t i = 0; i < value_count(items); i++)
            value_push(a, all, value_at(items, i));
    }
    return l->next != NULL;
}
