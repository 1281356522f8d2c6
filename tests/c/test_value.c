#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "base/keys.h"
#include "base/value.h"

static struct arena a;

static void free_all(void)
{
    arena_free(&a);
}

TestSuite(value, .fini = free_all);

Test(value, makers)
{
    cr_assert_eq(value_null(&a)->type, VALUE_NULL);
    cr_assert_eq(value_bool(&a, true)->boolean, true);
    cr_assert_eq(value_int(&a, INT64_MIN)->integer, INT64_MIN);
    cr_assert_eq(value_float(&a, 1.5)->number, 1.5);
    cr_assert_eq(value_float(&a, 2)->type, VALUE_FLOAT);
    cr_assert_eq(value_float(&a, NAN)->type, VALUE_NULL);
    cr_assert_eq(value_float(&a, -INFINITY)->type, VALUE_NULL);
    cr_assert_eq(value_string(&a, NULL)->type, VALUE_NULL);
    cr_assert_str_eq(value_printf(&a, "%d %s", 1, "x")->string.text, "1 x");
    cr_assert_eq(value_printf(&a, "%s", "")->string.len, 0);
    cr_assert_eq(value_count(value_array(&a)), 0);
    cr_assert_eq(value_count(value_object(&a)), 0);
}

Test(value, strings_are_copies_and_may_hold_nul)
{
    char text[] = "a\0b";
    struct value *v = value_bytes(&a, text, 3), *none = value_bytes(&a, NULL, 0);
    text[0] = 'x';
    cr_assert_eq(v->string.len, 3);
    cr_assert_eq(memcmp(v->string.text, "a\0b", 4), 0);
    cr_assert_str_eq(none->string.text, "");
}

Test(value, arrays_keep_their_order)
{
    struct value *v = value_array(&a);
    for (int i = 0; i < 1000; i++)
        value_push(&a, v, value_int(&a, i));
    cr_assert_eq(value_count(v), 1000);
    for (size_t i = 0; i < 1000; i++)
        cr_assert_eq(value_at(v, i)->integer, (int64_t)i);
    cr_assert_null(value_at(v, 1000));
    cr_assert_null(value_at(value_null(&a), 0));
    cr_assert_null(value_at(NULL, 0));
}

Test(value, members_are_set_replaced_and_removed)
{
    struct value *v = value_object(&a);
    for (int i = 0; i < 10; i++) {
        char key[16];
        snprintf(key, sizeof key, "key %d", i);
        value_set(&a, v, key, value_int(&a, i)); // the key is copied
    }
    value_set(&a, v, "key 3", value_string(&a, "three"));
    cr_assert_eq(value_count(v), 10);
    cr_assert_str_eq(value_get_text(v, "key 3"), "three");
    cr_assert_str_eq(v->object.members[3].key, "key 3", "a replaced member has moved");
    value_remove(v, "key 0");
    value_remove(v, "key 9");
    value_remove(v, "no such key");
    cr_assert_eq(value_count(v), 8);
    cr_assert_null(value_get(v, "key 0"));
    cr_assert_str_eq(v->object.members[0].key, "key 1");
    cr_assert_eq(value_get_int(v, "key 8", -1), 8);
    value_remove(value_null(&a), "x");
    value_remove(NULL, "x");
}

Test(value, readers_take_what_is_not_there)
{
    struct value *v = value_object(&a);
    value_set(&a, v, "text", value_string(&a, "x"));
    value_set(&a, v, "int", value_int(&a, 3));
    value_set(&a, v, "float", value_float(&a, 3));
    value_set(&a, v, "bool", value_bool(&a, true));
    value_set(&a, v, "null", value_null(&a));
    cr_assert_eq(value_get_int(v, "int", 9), 3);
    cr_assert_eq(value_get_int(v, "float", 9), 9);
    cr_assert_eq(value_get_int(v, "none", 9), 9);
    cr_assert_eq(value_get_bool(v, "bool", false), true);
    cr_assert_eq(value_get_bool(v, "int", true), true);
    cr_assert_eq(value_get_bool(NULL, "x", true), true);
    cr_assert_str_eq(value_get_text(v, "text"), "x");
    cr_assert_str_eq(value_get_text(v, "int"), "");
    cr_assert_str_eq(value_get_text(NULL, "int"), "");
    cr_assert_str_eq(value_text(NULL), "");
    cr_assert_null(value_get(NULL, "x"));
    cr_assert_null(value_get(value_get(v, "text"), "x"));
    cr_assert_eq(value_count(value_get(v, "text")), 0);
    cr_assert_eq(value_count(NULL), 0);
}

Test(value, paths)
{
    struct value *v = value_object(&a), *metadata = value_object(&a), *labels = value_object(&a);
    value_set(&a, v, "metadata", metadata);
    value_set(&a, metadata, "labels", labels);
    value_set(&a, metadata, "a.b", value_int(&a, 1));
    value_set(&a, labels, "app", value_string(&a, "billing"));
    value_set(&a, labels, "", value_int(&a, 2));
    cr_assert_str_eq(value_text(value_path(v, "metadata.labels.app")), "billing");
    cr_assert_eq(value_path(v, "metadata.labels"), labels);
    cr_assert_null(value_path(v, "metadata.labels.app.x"));
    cr_assert_null(value_path(v, "metadata.label"));
    cr_assert_null(value_path(v, "metadata.a.b"));
    cr_assert_null(value_path(v, ""));
    cr_assert_null(value_path(NULL, "a"));
    cr_assert_eq(value_path(v, "metadata.labels.")->integer, 2);
}

static struct value *pair(const char *key, struct value *v, const char *other, struct value *w)
{
    struct value *object = value_object(&a);
    value_set(&a, object, key, v);
    value_set(&a, object, other, w);
    return object;
}

Test(value, equal)
{
    struct value *one = value_int(&a, 1), *two = value_int(&a, 2), *text = value_string(&a, "1");
    struct value *array = value_array(&a), *longer = value_array(&a);
    value_push(&a, array, one);
    value_push(&a, longer, one);
    value_push(&a, longer, two);
    const struct {
        struct value *left, *right;
        bool equal;
    } cases[] = {
        {NULL, NULL, true},
        {NULL, value_null(&a), false},
        {value_null(&a), value_null(&a), true},
        {value_null(&a), value_bool(&a, false), false},
        {value_bool(&a, true), value_bool(&a, true), true},
        {value_bool(&a, true), value_bool(&a, false), false},
        {one, value_int(&a, 1), true},
        {one, two, false},
        {one, value_float(&a, 1), false},
        {one, text, false},
        {value_int(&a, INT64_C(9007199254740993)), value_int(&a, INT64_C(9007199254740992)), false},
        {value_float(&a, 0.5), value_float(&a, 0.5), true},
        {value_float(&a, 0.0), value_float(&a, -0.0), false},
        {text, value_bytes(&a, "1\0", 2), false},
        {value_bytes(&a, "x\0y", 3), value_bytes(&a, "x\0z", 3), false},
        {value_array(&a), value_array(&a), true},
        {value_array(&a), value_object(&a), false},
        {array, longer, false},
        {longer, array, false},
        {value_object(&a), value_object(&a), true},
        {pair("x", one, "y", two), pair("y", two, "x", one), true},
        {pair("x", one, "y", two), pair("x", two, "y", one), false},
        {pair("x", one, "y", two), pair("x", one, "z", two), false},
        {pair("x", one, "x", two), pair("x", one, "y", two), false},
        {pair("x", array, "y", one), pair("x", longer, "y", one), false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect_eq(value_equal(cases[i].left, cases[i].right), cases[i].equal, "case %zu", i);
        cr_expect_eq(value_equal(cases[i].right, cases[i].left), cases[i].equal, "case %zu", i);
    }
}

Test(value, equal_is_quick_for_large_objects)
{
    struct value *up = value_object(&a), *down = value_object(&a);
    int64_t start = clock_steady();
    for (int i = 0; i < 100000; i++) {
        char key[16];
        int len = snprintf(key, sizeof key, "%d", i);
        value_append(&a, up, key, (size_t)len, value_int(&a, i));
        len = snprintf(key, sizeof key, "%d", 99999 - i);
        value_append(&a, down, key, (size_t)len, value_int(&a, 99999 - i));
    }
    cr_assert(value_equal(up, down));
    down->object.members[500].value = value_null(&a);
    cr_assert_not(value_equal(up, down));
    cr_assert_lt(clock_steady() - start, 5000, "the time grows with the square of the members");
}

Test(value, copies_share_nothing)
{
    struct value *inner = value_array(&a), *v = pair("k", inner, "s", value_bytes(&a, "a\0b", 3));
    value_push(&a, inner, value_float(&a, -0.0));
    struct arena other = {0};
    struct value *copy = value_copy(&other, v);
    cr_assert(value_equal(v, copy));
    value_push(&a, inner, value_null(&a));
    value_set(&a, v, "new", value_null(&a));
    cr_assert_eq(value_count(copy), 2);
    cr_assert_eq(value_count(value_get(copy, "k")), 1);
    free_all();
    cr_assert_eq(memcmp(value_get(copy, "s")->string.text, "a\0b", 4), 0);
    cr_assert_null(value_copy(&other, NULL));
    arena_free(&other);
}

Test(value, keys_are_settled)
{
    for (int keys = 1; keys <= 40; keys += 13) {
        struct value *v = value_object(&a);
        for (int i = 0; i < keys * 3; i++)
            value_append(&a, v, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" + i % keys,
                         1, value_int(&a, i));
        keys_settle(v);
        cr_assert_eq(value_count(v), (size_t)keys);
        for (int i = 0; i < keys; i++)
            cr_assert_eq(v->object.members[i].value->integer, keys * 2 + i);
    }
}

Test(value, keys_compare_by_bytes)
{
    const char *sorted[] = {"", "A", "a", "aa", "b", "\xC3\xA9"};
    for (int i = 0; i < 6; i++) {
        for (int j = 0; j < 6; j++) {
            struct value_member left = {sorted[i], strlen(sorted[i]), NULL};
            struct value_member right = {sorted[j], strlen(sorted[j]), NULL};
            int order = key_compare(&left, &right);
            cr_assert_eq((order > 0) - (order < 0), (i > j) - (i < j));
        }
    }
}

Test(value, sets_of_keys)
{
    struct key_set set = {0};
    cr_assert_null(key_set_find(&set, "a", 1));
    struct value_member *entry = key_set_add(&set, "a", 1);
    cr_assert_null(entry->value);
    entry->value = value_null(&a);
    cr_assert_eq(key_set_add(&set, "a", 1), entry);
    cr_assert_neq(key_set_add(&set, "a\0", 2), entry);
    cr_assert_eq(key_set_find(&set, "ab", 1), entry);
    cr_assert_null(key_set_find(&set, "ab", 2));
    key_set_free(&set);
    cr_assert_null(key_set_find(&set, "a", 1));
}

Test(value, arenas_hand_out_zeroed_aligned_memory)
{
    for (size_t size = 0; size < 3000; size += 7) {
        char *p = arena_alloc(&a, size);
        cr_assert_eq((size_t)p % 16, 0);
        for (size_t i = 0; i < size; i++)
            cr_assert_eq(p[i], 0);
        memset(p, 0xFF, size);
    }
    char *large = arena_alloc(&a, 10000000);
    cr_assert_eq(large[0] | large[9999999], 0);
    cr_assert_geq(a.used, 10000000);
    free_all();
    cr_assert_eq(a.used, 0);
    cr_assert_null(a.head);
    cr_assert_str_eq(arena_printf(&a, "%s %d", "again", 1), "again 1");
    cr_assert_null(arena_dup(&a, NULL));
}
