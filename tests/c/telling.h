// telling: events for tests, written as lines of JSON with single quotes:
// {'event':'step.ended','at':1500,'phase':'canary','step':'5 %', ...data}; `at` is in milliseconds
// after 2026-11-22T14:22:00Z.
#pragma once

#include <criterion/criterion.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "engine/event.h"

static const int64_t TELLING_BEGINS = INT64_C(1795357320000);

static enum event_type telling_type(const char *name)
{
    for (int type = EVENT_RUN_STARTED; type < EVENT_RUN_ENDED; type++)
        if (strcmp(event_name((enum event_type)type), name) == 0)
            return (enum event_type)type;
    cr_assert_str_eq(name, "run.ended", "no event has this name");
    return EVENT_RUN_ENDED;
}

static const char *telling_name(struct arena *a, const struct value *line, const char *key)
{
    const struct value *v = value_get(line, key);
    return v && v->type == VALUE_STRING ? arena_dup(a, value_text(v)) : NULL;
}

static void telling_line(struct listener *l, const char *text, size_t len)
{
    struct arena a = {0};
    struct error err = {0};
    char *json = arena_copy(&a, text, len);
    for (size_t i = 0; i < len; i++)
        if (json[i] == '\'')
            json[i] = '"';
    struct value *data = json_parse(&a, json, len, &err);
    cr_assert_not_null(data, "%s in: %s", err.text, json);
    struct event e = {.type = telling_type(value_get_text(data, "event")),
                      .at = TELLING_BEGINS + value_get_int(data, "at", 0),
                      .phase = telling_name(&a, data, "phase"),
                      .step = telling_name(&a, data, "step"),
                      .data = data};
    value_remove(data, "event");
    value_remove(data, "at");
    value_remove(data, "phase");
    value_remove(data, "step");
    l->hear(l, &e);
    arena_free(&a);
}

// Tells every line of `lines`.
static void tell(struct listener *l, const char *lines)
{
    for (const char *at = lines; *at;) {
        size_t len = strcspn(at, "\n");
        if (len)
            telling_line(l, at, len);
        at += len + (at[len] == '\n');
    }
}
