#include "record/figures.h"

#include "record/tree.h"

static const double SAME_FOR = 5; // seconds

// Leaves out every other point, but never the last.
static void points_thin(struct value *points)
{
    size_t kept = 0, count = points->array.count;
    for (size_t i = 0; i < count; i++)
        if (i % 2 == 0 || i + 1 == count)
            points->array.items[kept++] = points->array.items[i];
    points->array.count = kept;
}

static bool is_same(const struct value *point, const struct value *value, bool ok, double seconds)
{
    return point && value_equal(value_get(point, "value"), value) &&
           value_get_bool(point, "ok", true) == ok &&
           seconds - value_get(point, "seconds")->number < SAME_FOR;
}

void figures_keep(struct arena *a, struct value *step, const struct value *figure, double seconds)
{
    const struct value *value = value_get(figure, "value"), *limit = value_get(figure, "limit");
    struct value *kept =
        tree_named(a, tree_list(a, step, "figures"), value_get_text(figure, "name"));
    struct value *points = tree_list(a, kept, "points");
    bool ok = value_get_bool(figure, "ok", true);
    if (limit)
        value_set(a, kept, "limit", value_copy(a, limit));
    if (value == NULL || value->type == VALUE_NULL ||
        is_same(value_at(points, value_count(points) - 1), value, ok, seconds))
        return;
    if (value_count(points) >= FIGURES_MOST_POINTS)
        points_thin(points);
    struct value *point = value_object(a);
    value_set(a, point, "seconds", value_float(a, seconds));
    value_set(a, point, "value", value_copy(a, value));
    value_set(a, point, "ok", value_bool(a, ok));
    value_push(a, points, point);
}

void figures_to_gates(struct arena *a, struct value *step)
{
    const struct value *figures = value_get(step, "figures");
    for (size_t i = 0; i < value_count(figures); i++) {
        const struct value *figure = value_at(figures, i), *points = value_get(figure, "points");
        if (*value_get_text(figure, "limit") == '\0' || value_count(points) == 0)
            continue;
        struct value *gate =
            tree_named(a, tree_list(a, step, "gates"), value_get_text(figure, "name"));
        if (value_get(gate, "limit"))
            continue;
        value_set(a, gate, "limit", value_get(figure, "limit"));
        tree_merge(a, gate, value_at(points, value_count(points) - 1));
        value_remove(gate, "seconds");
    }
}
