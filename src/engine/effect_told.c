#include "engine/effect_told.h"

#include "base/duration.h"
#include "engine/mode.h"
#include "engine/run.h"

static const char *outcome_of(const struct effect *e)
{
    return e->cancelled ? "cancelled" : e->error ? "failed" : e->suppressed ? "suppressed" : "done";
}

// How sure a plan is of what it says.
static const char *sureness(const struct effect *e)
{
    if (e->basis)
        return "assumed";
    if (e->suppressed)
        return e->error      ? "refused by the server"
               : e->would_be ? "checked by the server"
                             : "not known";
    return e->unknown ? "not known" : e->access == ACCESS_READ ? "read live" : "assumed";
}

// What only a plan has to say.
static void add_planned(struct arena *a, struct value *data, const struct effect *e)
{
    value_set(a, data, "sure", value_string(a, sureness(e)));
    value_set(a, data, "basis", value_string(a, e->basis));
    value_set(a, data, "stale", value_bool(a, e->stale));
    value_set(a, data, "unchanged", value_bool(a, e->unchanged));
    value_set(a, data, "system", value_string(a, e->system));
    value_set(a, data, "scope", value_string(a, e->scope.text));
    value_set(a, data, "fingerprint", value_string(a, e->fingerprint));
    if (e->details)
        value_set(a, data, "details", e->details);
}

static void add_end(struct arena *a, struct value *data, const struct effect *e)
{
    value_set(a, data, "outcome", value_string(a, outcome_of(e)));
    value_set(a, data, "error", value_string(a, e->error));
    value_set(a, data, "code", value_string(a, e->error ? e->code : NULL));
    value_set(a, data, "seconds", value_float(a, (double)(clock_steady() - e->started) / 1000));
    value_set(a, data, "answer", value_string(a, e->answer));
    value_set(a, data, "note", value_string(a, e->note));
    value_set(a, data, "where", value_string(a, e->where));
    value_set(a, data, "refused", value_bool(a, e->refused && e->access == ACCESS_WRITE));
    value_set(a, data, "in_doubt", value_bool(a, e->in_doubt));
    value_set(a, data, "replayed", value_bool(a, e->replayed));
    if (e->diff)
        value_set(a, data, "diff", e->diff);
    if (e->run->mode->rehearsal)
        add_planned(a, data, e);
}

void effect_tell(struct effect *e, enum event_type type)
{
    struct arena a = {0};
    struct value *data = value_object(&a);
    value_set(&a, data, "access", value_string(&a, access_name(e->access)));
    value_set(&a, data, "kind", value_string(&a, e->kind->name));
    value_set(&a, data, "summary", value_string(&a, e->summary));
    value_set(&a, data, "position", value_string(&a, e->position));
    value_set(&a, data, "target", value_string(&a, e->target));
    value_set(&a, data, "quiet", value_bool(&a, e->quiet || e->replayed));
    if (type == EVENT_EFFECT_ENDED)
        add_end(&a, data, e);
    run_tell(e->run, type, data);
    arena_free(&a);
}
