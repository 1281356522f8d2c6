#include "cli/opening.h"

#include "base/person.h"
#include "engine/mode.h"

static struct value *selected_phases(struct run *run)
{
    struct arena *a = &run->arena;
    struct value *phases = value_array(a);
    for (int p = 0; p < run->outline.count; p++) {
        const struct phase *phase = &run->outline.phases[p];
        if (!phase->selected)
            continue;
        struct value *row = value_object(a), *steps = value_array(a);
        for (int i = 0; i < phase->count; i++) {
            if (!phase->steps[i].selected)
                continue;
            struct value *step = value_object(a);
            value_set(a, step, "name", value_string(a, phase->steps[i].name));
            value_push(a, steps, step);
        }
        value_set(a, row, "name", value_string(a, phase->name));
        value_set(a, row, "steps", steps);
        value_push(a, phases, row);
    }
    return phases;
}

static struct value *texts(struct arena *a, const char *const *list)
{
    struct value *v = value_array(a);
    for (; list && *list; list++)
        value_push(a, v, value_string(a, *list));
    return v;
}

void opening_tell(const struct session *s)
{
    struct run *run = s->run;
    struct arena *a = &run->arena;
    struct value *data = value_object(a);
    struct person person = person_here();
    value_set(a, data, "name", value_string(a, run->outline.name));
    value_set(a, data, "summary", value_string(a, run->outline.summary));
    value_set(a, data, "file", value_string(a, run->options->file));
    value_set(a, data, "mode", value_string(a, run->mode->name));
    if (run->options->offline)
        value_set(a, data, "offline", value_bool(a, true));
    if (run->options->world)
        value_set(a, data, "world", value_string(a, run->options->world));
    value_set(a, data, "run", value_string(a, run->id));
    value_set(a, data, "params", s->shown);
    value_set(a, data, "assumed", s->assumed);
    value_set(a, data, "allow", texts(a, run->options->allow));
    value_set(a, data, "deny", texts(a, run->options->deny));
    value_set(a, data, "phases", selected_phases(run));
    value_set(a, data, "user", value_string(a, person.user));
    value_set(a, data, "host", value_string(a, person.host));
    run_tell(run, EVENT_RUN_STARTED, data);
}
