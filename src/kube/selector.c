#include "kube/selector.h"

#include <string.h>

#include "base/arena.h"

// The next part, up to a comma outside of parentheses; *text is moved behind it.
static char *next_part(struct arena *a, const char **text)
{
    int depth = 0;
    const char *start = *text, *at = start;
    for (; *at && (*at != ',' || depth); at++)
        depth += (*at == '(') - (*at == ')');
    *text = *at ? at + 1 : at;
    return arena_copy(a, start, (size_t)(at - start));
}

// Takes the blanks around it away.
static char *trim(char *text)
{
    text += strspn(text, " \t");
    size_t len = strlen(text);
    while (len && strchr(" \t", text[len - 1]))
        text[--len] = '\0';
    return text;
}

static bool is_name(const char *text)
{
    return *text && strpbrk(text, " \t=!()<>,") == NULL;
}

// Is the label among the values in "(a, b)"? `list` is taken apart.
static bool is_among(struct arena *a, const char *label, const char *list)
{
    while (*list)
        if (strcmp(trim(next_part(a, &list)), label) == 0)
            return true;
    return false;
}

static enum kube_selected verdict(bool holds)
{
    return holds ? KUBE_SELECTED : KUBE_SELECTED_NO;
}

// "key in (a,b)", "key notin (a,b)": `words` stands behind the key.
static enum kube_selected set_match(struct arena *a, const char *label, char *words)
{
    bool not_in = strncmp(words, "notin", 5) == 0, in = !not_in && strncmp(words, "in", 2) == 0;
    char *list = trim(words + (not_in ? 5 : 2)), *end = strrchr(list, ')');
    if ((!in && !not_in) || *list != '(' || end == NULL || end[1])
        return KUBE_SELECTED_UNSURE;
    *end = '\0';
    bool among = label && is_among(a, label, list + 1);
    return verdict(not_in ? !among : among);
}

static enum kube_selected part_match(struct arena *a, char *part, const struct value *labels)
{
    char *equals = strchr(part, '='), *blank;
    if (equals) {
        bool unequal = equals > part && equals[-1] == '!';
        equals[unequal ? -1 : 0] = '\0';
        const char *want = trim(equals + 1 + (equals[1] == '=')), *key = trim(part);
        const struct value *is = value_get(labels, key);
        bool same = is && strcmp(value_text(is), want) == 0;
        return is_name(key) ? verdict(unequal ? !same : same) : KUBE_SELECTED_UNSURE;
    }
    bool absent = *part == '!';
    char *key = trim(part + absent);
    if (!absent && (blank = strpbrk(key, " \t"))) {
        *blank = '\0';
        const struct value *is = value_get(labels, key);
        return set_match(a, is ? value_text(is) : NULL, trim(blank + 1));
    }
    return is_name(key) ? verdict((value_get(labels, key) == NULL) == absent)
                        : KUBE_SELECTED_UNSURE;
}

enum kube_selected kube_selector_match(const char *selector, const struct value *object)
{
    struct arena a = {0};
    const struct value *labels = value_path(object, "metadata.labels");
    enum kube_selected all = KUBE_SELECTED;
    while (selector && *selector && all != KUBE_SELECTED_UNSURE) {
        enum kube_selected one = part_match(&a, trim(next_part(&a, &selector)), labels);
        all = one == KUBE_SELECTED ? all : one == KUBE_SELECTED_UNSURE ? one : KUBE_SELECTED_NO;
    }
    arena_free(&a);
    return all;
}
