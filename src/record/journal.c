#include "record/journal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/duration.h"
#include "engine/effect.h"

enum { MOST_PENDING = 64, LONG_WAIT_MS = 1000 };

struct pending {
    struct pending *next;
    struct arena arena;
    const struct effect *effect; // a copy of what is written, secrets masked
    enum journal_state state;
    int64_t started, ended;
    const char *phase, *step;
};

struct record {
    struct run_journal face; // first, so that both faces lead back here
    struct store *store;
    const struct redact *secrets;
    char *run;
    struct arena arena; // names of the current phase and step
    const char *phase, *step;
    int64_t generation;
    struct pending *first, *last;
    int count;
};

static struct record *record_of(struct journal *door)
{
    return (struct record *)(void *)door;
}

static struct record *record_of_listener(struct listener *listener)
{
    return (struct record *)(void *)((char *)listener - offsetof(struct run_journal, listener));
}

static const char *masked(const struct record *r, struct arena *a, const char *text)
{
    if (text == NULL)
        return NULL;
    size_t len;
    char *safe = redact_text(r->secrets, text, strlen(text), &len);
    char *copy = arena_copy(a, safe, len);
    free(safe);
    return copy;
}

static const char effect_sql[] =
    "INSERT INTO effect(run, scope, position, phase, step, kind, access, summary, fingerprint, "
    "line, args,"
    " state, in_doubt, kept, result, error, answer, deadline, started, ended)"
    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT(run, scope, position) DO UPDATE SET state=excluded.state, "
    "in_doubt=excluded.in_doubt,"
    " kept=excluded.kept, result=excluded.result, error=excluded.error, answer=excluded.answer,"
    " deadline=excluded.deadline, ended=excluded.ended, started=min(started, excluded.started)";

static bool write_effect(struct record *r, const struct pending *p, struct error *err)
{
    const struct effect *e = p->effect;
    return store_run(r->store, err, effect_sql, "ttttttttttviiivttiii", r->run, e->scope,
                     e->position, p->phase, p->step, e->kind->name, access_name(e->access),
                     e->summary, e->fingerprint, e->where, e->args, (int64_t)p->state,
                     (int64_t)e->in_doubt, (int64_t)!e->sensitive, e->sensitive ? NULL : e->result,
                     e->error, e->answer, e->deadline, p->started, p->ended);
}

static void forget_pending(struct record *r)
{
    while (r->first) {
        struct pending *next = r->first->next;
        struct arena arena = r->first->arena; // which holds the row itself
        arena_free(&arena);
        r->first = next;
    }
    r->last = NULL;
    r->count = 0;
}

// Writes all that waits, in one transaction that is on disk on return. On failure it keeps waiting.
static bool flush(struct record *r, struct error *err)
{
    if (r->first == NULL)
        return true;
    if (!store_begin(r->store, err))
        return false;
    bool ok = true;
    for (const struct pending *p = r->first; p && ok; p = p->next)
        ok = write_effect(r, p, err);
    if (!ok || !store_commit(r->store, err)) {
        store_abandon(r->store);
        return false;
    }
    forget_pending(r);
    return true;
}

// Puts a masked copy of the effect behind the others that wait.
static void add_pending(struct record *r, const struct effect *e, enum journal_state state)
{
    struct arena a = {0};
    struct pending *p = arena_alloc(&a, sizeof *p);
    struct effect *copy = arena_alloc(&a, sizeof *copy);
    *copy = *e;
    copy->summary = masked(r, &a, e->summary);
    copy->scope = arena_dup(&a, e->scope);
    copy->error = masked(r, &a, e->error);
    copy->answer = masked(r, &a, e->answer);
    copy->args = e->access == ACCESS_WRITE ? redact_value(&a, r->secrets, e->args) : NULL;
    copy->result = e->result && !e->sensitive ? redact_value(&a, r->secrets, e->result) : NULL;
    p->effect = copy;
    p->state = state;
    p->started = clock_wall() - (clock_steady() - e->started);
    p->ended = state == JOURNAL_STARTED ? 0 : clock_wall();
    p->phase = arena_dup(&a, r->phase);
    p->step = arena_dup(&a, r->step);
    p->arena = a;
    if (r->last)
        r->last->next = p;
    else
        r->first = p;
    r->last = p;
    r->count++;
}

static bool begin(struct journal *door, const struct effect *e, struct error *err)
{
    struct record *r = record_of(door);
    bool long_wait = e->access == ACCESS_TIME && e->deadline - clock_wall() >= LONG_WAIT_MS;
    if (e->access != ACCESS_WRITE && !long_wait)
        return true;
    add_pending(r, e, JOURNAL_STARTED);
    if (flush(r, err))
        return true;
    forget_pending(r); // it is not going to be sent
    return false;
}

static bool end(struct journal *door, const struct effect *e, struct error *err)
{
    struct record *r = record_of(door);
    add_pending(r, e, e->cancelled ? JOURNAL_CANCELLED : e->error ? JOURNAL_FAILED : JOURNAL_DONE);
    bool at_once =
        e->access == ACCESS_WRITE || e->access == ACCESS_HUMAN || r->count >= MOST_PENDING;
    return !at_once || flush(r, err);
}

struct recollection {
    struct record *record;
    struct journal_entry *entry;
    struct arena *arena;
    bool found;
};

static bool read_entry(sqlite3_stmt *row, void *arg)
{
    struct recollection *c = arg;
    struct value *result = store_value(row, 7, c->arena);
    *c->entry = (struct journal_entry){
        .seq = sqlite3_column_int64(row, 0),
        .state = (enum journal_state)sqlite3_column_int(row, 1),
        .in_doubt = sqlite3_column_int(row, 2),
        .kept = sqlite3_column_int(row, 3),
        .fingerprint = store_text(row, 4, c->arena),
        .summary = store_text(row, 5, c->arena),
        .where = store_text(row, 6, c->arena),
        .result = result ? redact_restore(c->arena, c->record->secrets, result) : NULL,
        .error = store_text(row, 8, c->arena),
        .deadline = sqlite3_column_int64(row, 9),
    };
    c->found = true;
    return false;
}

static bool recall(struct journal *door, const struct effect *e, struct journal_entry *entry,
                   struct arena *a)
{
    struct recollection c = {record_of(door), entry, a, false};
    store_each(
        c.record->store, read_entry, &c, NULL,
        "SELECT seq, state, in_doubt, kept, fingerprint, summary, line, result, error, deadline"
        " FROM effect WHERE run=? AND scope=? AND position=?",
        "ttt", c.record->run, e->scope, e->position);
    return c.found;
}

static bool source(struct journal *door, const char *module, const char *chunk, const char *text,
                   size_t len, struct error *err)
{
    struct record *r = record_of(door);
    return store_run(r->store, err,
                     "INSERT OR IGNORE INTO source(run, module, chunk, text) VALUES(?, ?, ?, ?)",
                     "tttb", r->run, module ? module : "", chunk, len, text);
}

// --- what the listener hears
// --------------------------------------------------------------------------

static void note_run(struct record *r, const struct event *e)
{
    const struct value *d = e->data;
    store_run(
        r->store, NULL,
        "UPDATE run SET name=?, summary=?, file=?, user=?, host=?, pid=?, ended=NULL, outcome=NULL,"
        " started=coalesce(started, ?) WHERE id=?",
        "tttttiit", value_get_text(d, "name"), value_get_text(d, "summary"),
        value_get_text(d, "file"), value_get_text(d, "user"), value_get_text(d, "host"),
        (int64_t)getpid(), e->at, r->run);
}

static void note_step_start(struct record *r, const struct event *e)
{
    store_run(r->store, NULL,
              "INSERT INTO step(run, step, n, phase, state, attempts, started)"
              " VALUES(?, ?, (SELECT count(*) FROM step WHERE run=?), ?, 'running', ?, ?)"
              " ON CONFLICT(run, step) DO UPDATE SET state='running', attempts=excluded.attempts, "
              "ended=NULL",
              "ttttii", r->run, e->step, r->run, e->phase, value_get_int(e->data, "attempt", 1),
              e->at);
}

static void note_step_end(struct record *r, const struct event *e)
{
    const struct value *d = e->data;
    const struct value *retry = value_get(d, "retry_in");
    if (value_get_bool(d, "earlier", false) || (retry && retry->type != VALUE_NULL))
        return; // it was noted before, or is tried again
    store_run(
        r->store, NULL,
        "INSERT INTO step(run, step, n, phase, state, attempts, result, error, started, ended)"
        " VALUES(?, ?, (SELECT count(*) FROM step WHERE run=?), ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT(run, step) DO UPDATE SET state=excluded.state, result=excluded.result,"
        " error=excluded.error, ended=excluded.ended",
        "tttttivtii", r->run, e->step, r->run, e->phase, value_get_text(d, "outcome"),
        value_get_int(d, "attempts", 1), value_get(d, "result"),
        value_get_text(value_get(d, "error"), "text"), e->at, e->at);
}

static void note_undo(struct record *r, const struct event *e, const char *outcome)
{
    store_run(r->store, NULL,
              "INSERT INTO undo(run, generation, step, outcome, error, started, ended)"
              " VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT(run, generation, step)"
              " DO UPDATE SET outcome=excluded.outcome, error=excluded.error, ended=excluded.ended",
              "titttii", r->run, r->generation, e->step, outcome,
              value_get_text(value_get(e->data, "error"), "text"), e->at, e->at);
}

static void hear(struct listener *listener, const struct event *e)
{
    struct record *r = record_of_listener(listener);
    struct error err;
    arena_free(&r->arena);
    r->phase = arena_dup(&r->arena, e->phase);
    r->step = arena_dup(&r->arena, e->step);
    switch (e->type) {
    case EVENT_RUN_STARTED:
        note_run(r, e);
        break;
    case EVENT_STEP_STARTED:
        note_step_start(r, e);
        break;
    case EVENT_STEP_ENDED:
        flush(r, &err);
        note_step_end(r, e);
        break;
    case EVENT_ROLLBACK_STARTED:
        r->generation = value_get_int(e->data, "generation", 1);
        store_run(
            r->store, NULL,
            "INSERT OR IGNORE INTO rollback(run, generation, cause, started) VALUES(?, ?, ?, ?)",
            "titi", r->run, r->generation, value_get_text(e->data, "cause"), e->at);
        break;
    case EVENT_UNDO_STARTED:
        note_undo(r, e, "running");
        break;
    case EVENT_UNDO_ENDED:
        flush(r, &err);
        note_undo(r, e, value_get_text(e->data, "outcome"));
        break;
    case EVENT_ROLLBACK_ENDED:
        store_run(r->store, NULL,
                  "UPDATE rollback SET outcome=?, ended=? WHERE run=? AND generation=?", "titi",
                  value_get_text(e->data, "outcome"), e->at, r->run, r->generation);
        break;
    case EVENT_RUN_ENDED:
        flush(r, &err);
        store_run(r->store, NULL,
                  "UPDATE run SET ended=?, outcome=?, exit=?, headline=? WHERE id=?", "ititt",
                  e->at, value_get_text(e->data, "outcome"), value_get_int(e->data, "exit", 1),
                  value_get_text(e->data, "headline"), r->run);
        break;
    default:
        break;
    }
}

struct run_journal *journal_new(struct store *store, const struct redact *secrets, const char *run)
{
    struct record *r = mem_alloc(sizeof *r);
    r->face.door = (struct journal){.begin = begin, .end = end, .recall = recall, .source = source};
    r->face.listener.hear = hear;
    r->store = store;
    r->secrets = secrets;
    r->run = mem_dup(run);
    return &r->face;
}

bool journal_start(struct run_journal *journal, const struct journal_start *s, struct error *err)
{
    struct record *r = record_of(&journal->door);
    return store_run(r->store, err,
                     "INSERT OR IGNORE INTO run(id, seed, options, params) VALUES(?, ?, ?, ?)",
                     "tivv", s->run, (int64_t)s->seed, s->options, s->params);
}

void journal_free(struct run_journal *journal)
{
    if (journal == NULL)
        return;
    struct record *r = record_of(&journal->door);
    struct error err;
    flush(r, &err);
    forget_pending(r);
    arena_free(&r->arena);
    free(r->run);
    free(r);
}
