#include "record/chronicle.h"

#include <unistd.h>

#include "record/schema.h"

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
        "INSERT INTO step(run, step, n, phase, state, attempts, spent, started)"
        " VALUES(?, ?, (SELECT count(*) FROM step WHERE run=?), ?, " SQL_STEP_RUNNING ", ?, ?, ?)"
        " ON CONFLICT(run, step) DO UPDATE SET state=excluded.state, attempts=excluded.attempts,"
        " spent=excluded.spent, retry_at=NULL, ended=NULL",
        "ttttiii", c->run, e->step, c->run, e->phase, value_get_int(e->data, "attempt", 1),
        value_get_int(e->data, "spent", 0), e->at);
}

static bool step_retried(struct chronicle *c, const struct event *e, double seconds,
                         struct error *err)
{
    return store_run(c->store, err, "UPDATE step SET retry_at=? WHERE run=? AND step=?", "itt",
                     e->at + (int64_t)(seconds * 1000), c->run, e->step);
}

static bool step_ended(struct chronicle *c, const struct event *e, struct error *err)
{
    const struct value *d = e->data, *retry = value_get(d, "retry_in");
    const struct value *failure = value_get(d, "error");
    enum step_state state = STEP_STOPPED;
    if (value_get_bool(d, "earlier", false))
        return true; // it was noted before
    if (retry && retry->type != VALUE_NULL)
        return step_retried(
            c, e, retry->type == VALUE_FLOAT ? retry->number : (double)retry->integer, err);
    step_state_read(value_get_text(d, "outcome"), &state);
    bool ok = store_run(
        c->store, err,
        "INSERT INTO step(run, step, n, phase, state, attempts, spent, result, withheld, error,"
        " code, started, ended)"
        " VALUES(?, ?, (SELECT count(*) FROM step WHERE run=?), ?, ?, ?, 0, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT(run, step) DO UPDATE SET state=excluded.state, retry_at=NULL,"
        " result=excluded.result, withheld=excluded.withheld, error=excluded.error,"
        " code=excluded.code, ended=excluded.ended",
        "ttttiivtttii", c->run, e->step, c->run, e->phase, (int64_t)state,
        value_get_int(d, "attempts", 1), c->result, c->withheld, value_get_text(failure, "text"),
        value_get_text(failure, "code"), e->at, e->at);
    c->result = NULL;
    c->withheld = NULL;
    return ok;
}

static bool rollback_started(struct chronicle *c, const struct event *e, struct error *err)
{
    c->generation = value_get_int(e->data, "generation", 1);
    return store_run(c->store, err,
                     "INSERT OR IGNORE INTO rollback(run, generation, cause, wished, started)"
                     " VALUES(?, ?, ?, ?, ?)",
                     "titii", c->run, c->generation, value_get_text(e->data, "cause"),
                     (int64_t)value_get_bool(e->data, "wished", false), e->at);
}

static int64_t state_of(const struct event *e)
{
    enum step_state state = STEP_FAILED;
    step_state_read(value_get_text(e->data, "outcome"), &state);
    return state;
}

static bool rollback_ended(struct chronicle *c, const struct event *e, struct error *err)
{
    return store_run(c->store, err,
                     "UPDATE rollback SET state=?, ended=? WHERE run=? AND generation=?", "iiti",
                     state_of(e), e->at, c->run, c->generation);
}

static bool undo(struct chronicle *c, const struct event *e, int64_t state, struct error *err)
{
    return store_run(
        c->store, err,
        "INSERT INTO undo(run, generation, step, state, error, started, ended)"
        " VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT(run, generation, step)"
        " DO UPDATE SET state=excluded.state, error=excluded.error, ended=excluded.ended",
        "tititii", c->run, c->generation, e->step, state,
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
        return undo(c, e, STEP_RUNNING, err);
    case EVENT_UNDO_ENDED:
        return undo(c, e, state_of(e), err);
    case EVENT_ROLLBACK_ENDED:
        return rollback_ended(c, e, err);
    case EVENT_RUN_ENDED:
        return run_ended(c, e, err);
    default:
        return true;
    }
}
