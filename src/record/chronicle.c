#include "record/chronicle.h"

#include <unistd.h>

bool chronicle_takes(enum event_type type)
{
    switch (type) {
    case EVENT_RUN_STARTED:
    case EVENT_STEP_STARTED:
    case EVENT_STEP_ENDED:
    case EVENT_ROLLBACK_STARTED:
    case EVENT_UNDO_STARTED:
    case EVENT_UNDO_ENDED:
    case EVENT_ROLLBACK_ENDED:
    case EVENT_RUN_ENDED:
        return true;
    default:
        return false;
    }
}

static bool run_started(struct chronicle *c, const struct event *e, struct error *err)
{
    const struct value *d = e->data;
    return store_run(
        c->store, err,
        "UPDATE run SET name=?, summary=?, file=?, user=?, host=?, pid=?, ended=NULL, outcome=NULL,"
        " started=coalesce(started, ?) WHERE id=?",
        "tttttiit", value_get_text(d, "name"), value_get_text(d, "summary"),
        value_get_text(d, "file"), value_get_text(d, "user"), value_get_text(d, "host"),
        (int64_t)getpid(), e->at, c->run);
}

static bool run_ended(struct chronicle *c, const struct event *e, struct error *err)
{
    const struct value *d = e->data;
    return store_run(c->store, err,
                     "UPDATE run SET ended=?, outcome=?, exit=?, headline=? WHERE id=?", "ititt",
                     e->at, value_get_text(d, "outcome"), value_get_int(d, "exit", 1),
                     value_get_text(d, "headline"), c->run);
}

static bool step_started(struct chronicle *c, const struct event *e, struct error *err)
{
    return store_run(
        c->store, err,
        "INSERT INTO step(run, step, n, phase, state, attempts, started)"
        " VALUES(?, ?, (SELECT count(*) FROM step WHERE run=?), ?, 'running', ?, ?)"
        " ON CONFLICT(run, step) DO UPDATE SET state='running', attempts=excluded.attempts,"
        " ended=NULL",
        "ttttii", c->run, e->step, c->run, e->phase, value_get_int(e->data, "attempt", 1), e->at);
}

static bool step_ended(struct chronicle *c, const struct event *e, struct error *err)
{
    const struct value *d = e->data;
    const struct value *retry = value_get(d, "retry_in");
    if (value_get_bool(d, "earlier", false) || (retry && retry->type != VALUE_NULL))
        return true; // it was noted before, or is tried again
    return store_run(
        c->store, err,
        "INSERT INTO step(run, step, n, phase, state, attempts, result, error, started, ended)"
        " VALUES(?, ?, (SELECT count(*) FROM step WHERE run=?), ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT(run, step) DO UPDATE SET state=excluded.state, result=excluded.result,"
        " error=excluded.error, ended=excluded.ended",
        "tttttivtii", c->run, e->step, c->run, e->phase, value_get_text(d, "outcome"),
        value_get_int(d, "attempts", 1), value_get(d, "result"),
        value_get_text(value_get(d, "error"), "text"), e->at, e->at);
}

static bool rollback_started(struct chronicle *c, const struct event *e, struct error *err)
{
    c->generation = value_get_int(e->data, "generation", 1);
    return store_run(c->store, err,
                     "INSERT OR IGNORE INTO rollback(run, generation, cause, started)"
                     " VALUES(?, ?, ?, ?)",
                     "titi", c->run, c->generation, value_get_text(e->data, "cause"), e->at);
}

static bool rollback_ended(struct chronicle *c, const struct event *e, struct error *err)
{
    return store_run(c->store, err,
                     "UPDATE rollback SET outcome=?, ended=? WHERE run=? AND generation=?", "titi",
                     value_get_text(e->data, "outcome"), e->at, c->run, c->generation);
}

static bool undo(struct chronicle *c, const struct event *e, const char *outcome, struct error *err)
{
    return store_run(
        c->store, err,
        "INSERT INTO undo(run, generation, step, outcome, error, started, ended)"
        " VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT(run, generation, step)"
        " DO UPDATE SET outcome=excluded.outcome, error=excluded.error, ended=excluded.ended",
        "titttii", c->run, c->generation, e->step, outcome,
        value_get_text(value_get(e->data, "error"), "text"), e->at, e->at);
}

bool chronicle_write(struct chronicle *c, const struct event *e, struct error *err)
{
    switch (e->type) {
    case EVENT_RUN_STARTED:
        return run_started(c, e, err);
    case EVENT_STEP_STARTED:
        return step_started(c, e, err);
    case EVENT_STEP_ENDED:
        return step_ended(c, e, err);
    case EVENT_ROLLBACK_STARTED:
        return rollback_started(c, e, err);
    case EVENT_UNDO_STARTED:
        return undo(c, e, "running", err);
    case EVENT_UNDO_ENDED:
        return undo(c, e, value_get_text(e->data, "outcome"), err);
    case EVENT_ROLLBACK_ENDED:
        return rollback_ended(c, e, err);
    case EVENT_RUN_ENDED:
        return run_ended(c, e, err);
    default:
        return true;
    }
}
