#include "record/outlook.h"

#include <string.h>

#include "engine/failure.h"
#include "record/words.h"

static bool text_is(const struct value *item, const char *key, const char *text)
{
    return strcmp(value_get_text(item, key), text) == 0;
}

static void set_text(struct arena *a, struct value *v, const char *key, const char *text)
{
    value_set(a, v, key, value_string(a, text));
}

static void add_changes(struct arena *a, struct value *changes, const char *phase,
                        const struct value *step)
{
    const struct value *effects = value_get(step, "effects");
    for (size_t i = 0; i < value_count(effects); i++) {
        const struct value *e = value_at(effects, i);
        bool refused = value_get_bool(e, "refused", false);
        if (!text_is(e, "access", "write") || (refused && !text_is(e, "basis", "declared")) ||
            value_get_bool(e, "unchanged", false))
            continue;
        struct value *change = value_object(a);
        struct buf sure = {0};
        if (refused) // so says its author: the run sends it, and may change something by that
            buf_puts(&sure, OUTLOOK_REFUSED);
        else
            words_sure(&sure, e);
        set_text(a, change, "phase", phase);
        set_text(a, change, "step", value_get_text(step, "name"));
        set_text(a, change, "summary", value_get_text(e, "summary"));
        set_text(a, change, "sure", buf_text(&sure));
        value_set(a, change, "refused", value_bool(a, refused));
        value_push(a, changes, change);
        buf_free(&sure);
    }
}

// "a, b and c"
static void add_names(struct buf *out, const struct value *names)
{
    size_t count = value_count(names);
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s%s",
                   i == 0           ? ""
                   : i + 1 == count ? " and "
                                    : ", ",
                   value_text(value_at(names, i)));
}

// "weight 50 %, the same undo as of weight 1 % and weight 20 %: patch ingress/x"
static struct value *undo_words(struct arena *a, const struct value *undo)
{
    const struct value *shared = value_get(undo, "shared_with");
    struct buf text = {0};
    buf_puts(&text, value_get_text(undo, "step"));
    buf_puts(&text, value_count(shared) ? ", the same undo as of " : "");
    add_names(&text, shared);
    buf_puts(&text, value_count(value_get(undo, "writes")) ? ": " : "");
    add_names(&text, value_get(undo, "writes"));
    if (*value_get_text(undo, "problem"))
        buf_printf(&text, "; it does not come to its end in the plan: %s",
                   value_get_text(undo, "problem"));
    struct value *v = value_string(a, buf_text(&text));
    buf_free(&text);
    return v;
}

// Joins a stay to the one before when the same is said of both.
static void add_stay(struct arena *a, struct value *stays, const struct value *stay)
{
    struct value *last = value_count(stays) ? value_at(stays, value_count(stays) - 1) : NULL;
    struct value *steps = last ? value_get(last, "steps") : value_array(a);
    if (last == NULL || !value_equal(value_get(last, "text"), value_get(stay, "text"))) {
        last = value_object(a);
        steps = value_array(a);
        value_set(a, last, "steps", steps);
        value_set(a, last, "text", value_get(stay, "text"));
        value_set(a, last, "lasting", value_get(stay, "lasting"));
        value_push(a, stays, last);
    }
    value_push(a, steps, value_get(stay, "step"));
    struct buf names = {0};
    add_names(&names, steps);
    set_text(a, last, "step", buf_text(&names));
    buf_free(&names);
}

static bool is_told(const struct value *stays, const struct value *step)
{
    for (size_t i = 0; i < value_count(stays); i++) {
        const struct value *steps = value_get(value_at(stays, i), "steps");
        for (size_t j = 0; j < value_count(steps); j++)
            if (value_equal(value_at(steps, j), step))
                return true;
    }
    return false;
}

static bool is_listed(const struct value *failures, const struct value *stay)
{
    for (size_t i = 0; i < value_count(failures); i++) {
        const struct value *stays = value_get(value_at(failures, i), "stays");
        if (is_told(stays, value_get(stay, "step")))
            return true;
    }
    return false;
}

// `open`: by then more may have been done than the plan knows of.
static const char *then_words(const struct value *phase, size_t undos, size_t stays, bool open)
{
    bool others = value_get_bool(phase, "keep_going", false);
    bool rollback = text_is(phase, "on_failure", "rollback");
    if (text_is(phase, "on_failure", "continue"))
        return "The next phase begins all the same; the run still ends as failed.";
    if (rollback && undos)
        return open ? "The changes are rolled back, last first; of these the plan knows:"
                    : "The changes are rolled back, last first:";
    if (rollback && open)
        return "The changes are rolled back, as far as their steps have an undo; the plan did not "
               "come far enough to tell which have.";
    if (undos == 0 && stays == 0 && open)
        return others ? "Its other steps still run, then the run stops. The plan did not come far "
                        "enough to tell what has been changed by then."
                      : "The run stops. The plan did not come far enough to tell what has been "
                        "changed by then.";
    if (undos == 0 && stays == 0)
        return others ? "Its other steps still run, then the run stops. Nothing has been changed."
                      : "The run stops. Nothing has been changed.";
    if (rollback)
        return "The run stops. There is nothing that could be rolled back.";
    return others ? "Its other steps still run, then the run stops. Nothing is rolled back."
                  : "The run stops. Nothing is rolled back.";
}

static void add_failure(struct arena *a, struct value *failures, const struct value *phase,
                        bool open)
{
    const struct value *path = value_get(phase, "if_it_fails");
    const struct value *undo = value_get(path, "undo"), *stays = value_get(path, "stays");
    struct value *row = value_object(a), *undos = value_array(a), *new = value_array(a);
    if (path == NULL)
        return;
    for (size_t i = 0; i < value_count(undo); i++)
        value_push(a, undos, undo_words(a, value_at(undo, i)));
    bool earlier = false;
    for (size_t i = 0; i < value_count(stays); i++)
        if (is_listed(failures, value_at(stays, i)))
            earlier = true;
        else
            add_stay(a, new, value_at(stays, i));
    set_text(a, row, "phase", value_get_text(phase, "name"));
    set_text(a, row, "then", then_words(phase, value_count(undo), value_count(stays), open));
    value_set(a, row, "undo", undos);
    value_set(a, row, "stays", new);
    value_set(a, row, "earlier", value_bool(a, earlier));
    value_push(a, failures, row);
}

// May the step do more than is told of it? Not where it was only taken to fail.
static bool is_cut_short(const struct value *step)
{
    return text_is(step, "outcome", "open") || text_is(step, "outcome", "stopped") ||
           (text_is(step, "outcome", "failed") &&
            !text_is(value_get(step, "error"), "kind", FAILURE_ASSUMED));
}

static bool is_open(const struct value *phase)
{
    const struct value *steps = value_get(phase, "steps");
    for (size_t i = 0; i < value_count(steps); i++)
        if (is_cut_short(value_at(steps, i)))
            return true;
    return false;
}

struct value *outlook_of(struct arena *a, const struct value *story)
{
    struct value *outlook = value_object(a), *changes = value_array(a), *failures = value_array(a);
    const struct value *phases = value_get(story, "phases");
    bool open = false;
    for (size_t i = 0; i < value_count(phases); i++) {
        const struct value *phase = value_at(phases, i), *steps = value_get(phase, "steps");
        for (size_t j = 0; j < value_count(steps); j++)
            add_changes(a, changes, value_get_text(phase, "name"), value_at(steps, j));
        open = open || is_open(phase);
        add_failure(a, failures, phase, open);
    }
    open = open || value_get_int(value_get(story, "end"), "exit", 0) != 0;
    const struct value *undos = value_get(value_get(story, "rollback"), "undos");
    for (size_t i = 0; i < value_count(undos); i++)
        add_changes(a, changes, "rollback", value_at(undos, i));
    value_set(a, outlook, "open", value_bool(a, open));
    value_set(a, outlook, "changes", changes);
    value_set(a, outlook, "if_it_fails", failures);
    return outlook;
}
