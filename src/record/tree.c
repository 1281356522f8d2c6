#include "record/tree.h"

#include <string.h>

void tree_merge(struct arena *a, struct value *object, const struct value *data)
{
    for (size_t i = 0; data && data->type == VALUE_OBJECT && i < data->object.count; i++)
        value_set(a, object, data->object.members[i].key,
                  value_copy(a, data->object.members[i].value));
}

struct value *tree_list(struct arena *a, struct value *object, const char *key)
{
    struct value *list = value_get(object, key);
    if (list == NULL || list->type != VALUE_ARRAY) {
        list = value_array(a);
        value_set(a, object, key, list);
    }
    return list;
}

struct value *tree_named(struct arena *a, struct value *list, const char *name)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (strcmp(value_get_text(value_at(list, i), "name"), name) == 0)
            return value_at(list, i);
    struct value *item = value_object(a);
    value_set(a, item, "name", value_string(a, name));
    value_push(a, list, item);
    return item;
}
