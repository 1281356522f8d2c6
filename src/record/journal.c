#include "record/journal.h"

#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "engine/effect.h"
#include "record/chronicle.h"
#include "record/keep.h"
#include "record/queue.h"

enum { MOST_PENDING = 1024, MOST_BYTES = 1024 * 1024, LONG_WAIT_MS = 1000 };

struct record {
    struct run_journal face; // first, so that both faces lead back here
    struct store *store;
    const struct redact *secrets;
    char *run;
    struct arena arena; // names of the current phase and step
    const char *phase, *step;
    struct chronicle chronicle;
    struct queue queue;
    bool open;           // a transaction waits for what comes next
    struct error broken; // why an event could not be written; "" while all is well
    struct arena source_arena;
    struct value *sources; // { module: { chunk, text } } that are not written yet
};

static struct record *record_of(struct journal *door)
{
    return (struct record *)(void *)door;
}

static struct record *record_of_listener(struct listener *listener)
{
    return (struct record *)(void *)((char *)listener - offsetof(struct run_journal, listener));
}

static bool write_sources(struct record *r, struct error *err)
{
    bool ok = true;
    for (size_t i = 0; i < value_count(r->sources) && ok; i++) {
        const struct value_member *m = &r->sources->object.members[i];
        const struct value *text = value_get(m->value, "text");
        ok = store_run(r->store, err,
                       "INSERT OR REPLACE INTO source(run, module, chunk, text) VALUES(?, ?, ?, ?)",
                       "tttb", r->run, m->key, value_get_text(m->value, "chunk"), text->string.len,
                       text->string.text);
    }
    return ok;
}

static void forget_sources(struct record *r)
{
    arena_free(&r->source_arena);
    r->sources = NULL;
}

// Writes all that waits. Sources go along with the first effect that came of them: those of an
// upgrade that does not fit the run leave no trace.
static bool write_all(struct record *r, struct error *err)
{
    return r->queue.count == 0 ||
           (write_sources(r, err) && queue_write(&r->queue, r->store, r->run, err));
}

static bool commit(struct record *r, struct error *err)
{
    r->open = false;
    if (!store_commit(r->store, err))
        return false;
    if (r->queue.count)
        forget_sources(r);
    queue_clear(&r->queue);
    return true;
}

static bool abandon(struct record *r)
{
    r->open = false;
    store_abandon(r->store);
    return false;
}

// Ends the transaction that waits for what comes next. What came since is not in it, so all that
// waits keeps waiting; to write it once more changes nothing.
static bool end_open(struct record *r, struct error *err)
{
    bool ok = !r->open || store_commit(r->store, err);
    r->open = false;
    return ok || abandon(r);
}

// Writes all that waits, in one transaction. On failure it keeps waiting.
static bool flush(struct record *r, bool durable, struct error *err)
{
    if (!end_open(r, err))
        return false;
    if (r->queue.count == 0)
        return true;
    if (store_begin(r->store, durable, err) && write_all(r, err) && commit(r, err))
        return true;
    return abandon(r);
}

static bool begin(struct journal *door, const struct effect *e, struct error *err)
{
    struct record *r = record_of(door);
    bool long_wait = e->access == ACCESS_TIME && e->deadline - clock_wall() >= LONG_WAIT_MS;
    if (!end_open(r, err)) // whatever it is may take long, and nobody else could write meanwhile
        return false;
    if (e->access != ACCESS_WRITE && !long_wait)
        return true;
    if (*r->broken.text)
        return error_set(err, "%s", r->broken.text);
    queue_add(&r->queue, e, JOURNAL_STARTED, r->secrets, r->phase, r->step);
    if (flush(r, e->access == ACCESS_WRITE, err))
        return true;
    queue_drop_last(&r->queue); // it is not going to be sent
    return false;
}

// An outcome need not wait for the disk: what the next intent waits for includes it, and should the
// machine go down before, the effect is in doubt, which is true.
static bool end(struct journal *door, const struct effect *e, struct error *err)
{
    struct record *r = record_of(door);
    bool human = e->access == ACCESS_HUMAN;
    queue_add(&r->queue, e,
              e->cancelled ? JOURNAL_CANCELLED
              : e->error   ? JOURNAL_FAILED
              : e->refused ? JOURNAL_REFUSED
                           : JOURNAL_DONE,
              r->secrets, r->phase, r->step);
    bool full = r->queue.count >= MOST_PENDING || r->queue.bytes >= MOST_BYTES;
    bool at_once = e->access == ACCESS_WRITE || human || full;
    return !at_once || flush(r, human, err);
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
    const char *why = NULL;
    const struct value *kept = store_value(row, 7, c->arena);
    bool broken = kept == NULL && sqlite3_column_type(row, 7) != SQLITE_NULL;
    struct value *result = kept ? keep_restore(c->arena, c->record->secrets, kept, &why) : NULL;
    *c->entry = (struct journal_entry){
        .seq = sqlite3_column_int64(row, 0),
        .state = (enum journal_state)sqlite3_column_int(row, 1),
        .in_doubt = sqlite3_column_int(row, 2),
        .kept = sqlite3_column_int(row, 3) && why == NULL && !broken,
        .fingerprint = store_text(row, 4, c->arena),
        .summary = store_text(row, 5, c->arena),
        .where = store_text(row, 6, c->arena),
        .result = result,
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

static bool read_omitted(sqlite3_stmt *row, void *arg)
{
    struct recollection *c = arg;
    *c->entry = (struct journal_entry){.seq = sqlite3_column_int64(row, 0),
                                       .summary = store_text(row, 1, c->arena),
                                       .where = store_text(row, 2, c->arena)};
    c->found = true;
    return false;
}

static bool omitted(struct journal *door, const char *scope, int last, struct journal_entry *entry,
                    struct arena *a)
{
    struct recollection c = {record_of(door), entry, a, false};
    store_each(c.record->store, read_omitted, &c, NULL,
               "SELECT seq, summary, line FROM effect WHERE run=? AND scope=?"
               " AND CAST(position AS INTEGER)>? ORDER BY seq LIMIT 1",
               "tti", c.record->run, scope, (int64_t)last);
    return c.found;
}

static bool open_write(struct journal *door, const char *scope, struct journal_entry *entry,
                       struct arena *a)
{
    struct recollection c = {record_of(door), entry, a, false};
    store_each(c.record->store, read_omitted, &c, NULL,
               "SELECT seq, summary, line FROM effect WHERE run=? AND scope=? AND access='write'"
               " AND (state=0 OR in_doubt) ORDER BY seq LIMIT 1",
               "tt", c.record->run, scope);
    return c.found;
}

static void source(struct journal *door, const char *module, const char *chunk, const char *text,
                   size_t len)
{
    struct record *r = record_of(door);
    struct arena *a = &r->source_arena;
    struct value *kept = value_object(a);
    if (r->sources == NULL)
        r->sources = value_object(a);
    value_set(a, kept, "chunk", value_string(a, chunk));
    value_set(a, kept, "text", value_bytes(a, text, len));
    value_set(a, r->sources, module ? module : "", kept);
}

// A step's failure is not on record by itself, for the rollback that it may lead to begins in the
// same instant: killed in between, the run goes on with the step and fails anew.
static bool waits_for_next(const struct event *e)
{
    const struct value *retry = value_get(e->data, "retry_in");
    return e->type == EVENT_STEP_ENDED && (retry == NULL || retry->type == VALUE_NULL) &&
           strcmp(value_get_text(e->data, "outcome"), "failed") == 0;
}

static bool is_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static void note_place(struct record *r, const struct event *e)
{
    if (is_same(r->phase, e->phase) && is_same(r->step, e->step))
        return;
    arena_free(&r->arena);
    r->phase = arena_dup(&r->arena, e->phase);
    r->step = arena_dup(&r->arena, e->step);
}

static void hear(struct listener *listener, const struct event *e)
{
    struct record *r = record_of_listener(listener);
    struct error err;
    note_place(r, e);
    if (!chronicle_takes(e->type) || *r->broken.text)
        return;
    bool ok = (r->open || store_begin(r->store, false, &err)) && write_all(r, &err) &&
              chronicle_write(&r->chronicle, e, &err);
    r->open = ok;
    if (ok && !waits_for_next(e))
        ok = commit(r, &err);
    if (!ok) {
        abandon(r);
        r->broken = err;
    }
}

struct run_journal *journal_new(struct store *store, const struct redact *secrets, const char *run)
{
    struct record *r = mem_alloc(sizeof *r);
    r->face.door = (struct journal){.begin = begin,
                                    .end = end,
                                    .recall = recall,
                                    .omitted = omitted,
                                    .open = open_write,
                                    .source = source};
    r->face.listener.hear = hear;
    r->store = store;
    r->secrets = secrets;
    r->run = mem_dup(run);
    r->chronicle = (struct chronicle){.store = store, .run = r->run};
    return &r->face;
}

bool journal_start(struct run_journal *journal, const struct journal_start *s, struct error *err)
{
    struct record *r = record_of(&journal->door);
    if (!store_begin(r->store, false, err))
        return false;
    if (!store_run(r->store, err, "INSERT INTO run(id, seed, options, params) VALUES(?, ?, ?, ?)",
                   "tivv", s->run, (int64_t)s->seed, s->options, s->params) ||
        !write_sources(r, err) || !store_commit(r->store, err))
        return abandon(r);
    forget_sources(r);
    return true;
}

bool journal_free(struct run_journal *journal, struct error *err)
{
    if (journal == NULL)
        return true;
    struct record *r = record_of(&journal->door);
    bool ok = flush(r, false, err);
    if (*r->broken.text)
        ok = error_set(err, "%s", r->broken.text);
    queue_clear(&r->queue);
    forget_sources(r);
    arena_free(&r->arena);
    free(r->run);
    free(r);
    return ok;
}
