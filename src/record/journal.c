#include "record/journal.h"

#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "engine/effect.h"
#include "record/chronicle.h"
#include "record/cover.h"
#include "record/keep.h"
#include "record/learned.h"
#include "record/queue.h"
#include "record/recall.h"
#include "record/spare.h"

enum { MOST_PENDING = 1024, MOST_BYTES = 1024 * 1024, LONG_WAIT_MS = 1000 };

struct record {
    struct run_journal face; // first, so that both faces lead back here
    struct store *store;
    const struct redact *secrets;
    char *run;
    struct arena arena; // the name of the current phase
    const char *phase;
    struct chronicle chronicle;
    struct queue queue;
    bool open;           // a transaction waits for what comes next
    struct error broken; // why an event could not be written; "" while all is well
    char *no_room;       // why nothing but an ending is written any more, or NULL
    struct arena source_arena;
    struct value *sources; // { module: { chunk, text } } that are not written yet
    struct learned learned;
    struct arena result_arena; // holds what a step has returned, until its end is told
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
    return learned_write(&r->learned, r->store, r->run, err) &&
           (r->queue.count == 0 ||
            (write_sources(r, err) && queue_write(&r->queue, r->store, r->run, err)));
}

static bool commit(struct record *r, struct error *err)
{
    r->open = false;
    if (!store_commit(r->store, err))
        return false;
    if (r->queue.count)
        forget_sources(r);
    queue_clear(&r->queue);
    learned_clear(&r->learned);
    return true;
}

static bool abandon(struct record *r)
{
    r->open = false;
    store_abandon(r->store);
    return false;
}

// There is no room: gives away what was set aside, once. From then on only a rollback may send.
static bool make_room(struct record *r, const struct error *err)
{
    if (r->no_room || !store_lacks_room(r->store) || !spare_give_way(store_path(r->store)))
        return false;
    r->no_room = mem_dup(error_text(err));
    return true;
}

// Ends the transaction that waits for what comes next. What came since is not in it, so all that
// waits keeps waiting; to write it once more changes nothing. Where it fails and there is room now
// its event is lost, as if the process had been killed before.
static bool end_open(struct record *r, struct error *err)
{
    bool ok = !r->open || store_commit(r->store, err), room = !ok && make_room(r, err);
    r->open = false;
    return ok || abandon(r) || room;
}

static bool write_queue(struct record *r, bool durable, struct error *err)
{
    return r->queue.count == 0 ||
           (store_begin(r->store, durable, err) && write_all(r, err) && commit(r, err));
}

// Writes all that waits, in one transaction; for want of room once more. On failure it keeps
// waiting.
static bool flush(struct record *r, bool durable, struct error *err)
{
    if (!end_open(r, err))
        return false;
    if (write_queue(r, durable, err))
        return true;
    bool room = make_room(r, err);
    return (!abandon(r) && room && write_queue(r, durable, err)) || abandon(r);
}

// As flush, but what is about to be sent is not on record when there was no room for it.
static bool write_intent(struct record *r, bool durable, struct error *err)
{
    if (write_queue(r, durable, err))
        return true;
    make_room(r, err);
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
    bool undo = e->scope.part == SCOPE_UNDO, durable = e->access == ACCESS_WRITE;
    if (error_is_set(&r->broken))
        return error_set(err, "%s", error_text(&r->broken));
    if (r->no_room && !undo)
        return error_set(err, "%s", r->no_room);
    queue_add(&r->queue, e, JOURNAL_STARTED, r->secrets, r->phase);
    if (undo ? flush(r, durable, err) : write_intent(r, durable, err))
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
              r->secrets, r->phase);
    bool full = r->queue.count >= MOST_PENDING || r->queue.bytes >= MOST_BYTES;
    bool at_once = e->access == ACCESS_WRITE || human || full;
    return !at_once || flush(r, human, err);
}

static bool process(struct journal *door, const struct effect *e, const struct value *processes,
                    struct error *err)
{
    struct record *r = record_of(door);
    if (!flush(r, false, err))
        return false;
    if (store_begin(r->store, true, err) &&
        store_run(r->store, err,
                  "UPDATE effect SET process=? WHERE run=? AND step=? AND part=? AND attempt=? AND"
                  " generation=? AND position=?",
                  "vttiiit", processes, r->run, e->scope.step, (int64_t)e->scope.part,
                  (int64_t)e->scope.attempt, e->scope.generation, e->position) &&
        store_commit(r->store, err))
        return true;
    return abandon(r);
}

static struct recall recall_of(struct journal *door)
{
    const struct record *r = record_of(door);
    return (struct recall){.store = r->store, .secrets = r->secrets, .run = r->run};
}

static bool recall(struct journal *door, const struct effect *e, struct journal_entry *entry,
                   struct arena *a, bool *found, struct error *err)
{
    struct recall where = recall_of(door);
    return recall_effect(&where, e, entry, a, found, err);
}

static bool omitted(struct journal *door, const struct scope *scope, int last,
                    struct journal_entry *entry, struct arena *a, bool *found, struct error *err)
{
    struct recall where = recall_of(door);
    return recall_omitted(&where, scope, last, entry, a, found, err);
}

static bool open_write(struct journal *door, const char *step, struct journal_entry *entry,
                       struct arena *a, bool *found, struct error *err)
{
    struct recall where = recall_of(door);
    return recall_open(&where, step, entry, a, found, err);
}

// It is written with the step's end, which is told next.
static void result(struct journal *door, const struct value *v, const char *lost)
{
    struct record *r = record_of(door);
    arena_free(&r->result_arena);
    r->chronicle.result = NULL;
    r->chronicle.withheld = lost;
    if (lost == NULL)
        r->chronicle.result = keep_value(&r->result_arena, r->secrets, v, &r->chronicle.withheld);
}

static bool before(struct journal *door, const char *step, const struct value *v, struct error *err)
{
    struct record *r = record_of(door);
    struct arena a = {0};
    const char *withheld;
    const struct value *kept = keep_value(&a, r->secrets, v, &withheld);
    bool ok = flush(r, false, err) && store_begin(r->store, false, err);
    if (ok)
        ok = (store_run(r->store, err,
                        "UPDATE step SET before=?, before_withheld=? WHERE run=? AND step=?",
                        "vttt", kept, withheld, r->run, step) &&
              store_commit(r->store, err)) ||
             abandon(r);
    arena_free(&a);
    return ok;
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

static void note_place(struct record *r, const struct event *e)
{
    if (r->phase == e->phase || (r->phase && e->phase && strcmp(r->phase, e->phase) == 0))
        return;
    arena_free(&r->arena);
    r->phase = arena_dup(&r->arena, e->phase);
}

// What may be written of an event. The names of phases and steps stay as they are: a run that goes
// on finds its steps by them, and they stand in the source anyway.
static struct event masked(const struct record *r, const struct event *e, struct arena *a)
{
    struct event safe = *e;
    safe.data = cover_value(a, r->secrets, e->data);
    return safe;
}

static bool write_event(struct record *r, const struct event *e, struct error *err)
{
    struct arena a = {0};
    const struct event safe = masked(r, e, &a);
    bool ok = (r->open || store_begin(r->store, false, err)) && write_all(r, err) &&
              chronicle_write(&r->chronicle, &safe, err);
    arena_free(&a);
    r->open = ok;
    return ok && (waits_for_next(e) || commit(r, err));
}

static void hear(struct listener *listener, const struct event *e)
{
    struct record *r = record_of_listener(listener);
    const char *path = store_path(r->store);
    error_local(err);
    note_place(r, e);
    if (!chronicle_takes(e->type))
        return;
    bool ok = !error_is_set(&r->broken) && write_event(r, e, &err);
    if (!ok && !error_is_set(&r->broken)) {
        bool room = make_room(r, &err);
        ok = !abandon(r) && room && write_event(r, e, &err);
        if (!ok) {
            abandon(r);
            error_move(&r->broken, &err);
        }
    }
    if (e->type == EVENT_ROLLBACK_STARTED && ok)
        spare_forget_rollback(path, r->run);
    else if (e->type == EVENT_ROLLBACK_STARTED)
        spare_note_rollback(path, r->run);
}

struct run_journal *journal_new(struct store *store, const struct redact *secrets, const char *run)
{
    struct record *r = mem_alloc(sizeof *r);
    r->face.door = (struct journal){.begin = begin,
                                    .end = end,
                                    .process = process,
                                    .recall = recall,
                                    .omitted = omitted,
                                    .open = open_write,
                                    .result = result,
                                    .before = before,
                                    .source = source};
    r->face.listener.hear = hear;
    r->store = store;
    r->secrets = secrets;
    r->run = mem_dup(run);
    r->chronicle = (struct chronicle){.store = store, .run = r->run};
    spare_set_aside(store_path(store));
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

void journal_learned(struct run_journal *journal, const char *name)
{
    struct record *r = record_of(&journal->door);
    learned_add(&r->learned, r->secrets, name);
}

bool journal_free(struct run_journal *journal, struct error *err)
{
    if (journal == NULL)
        return true;
    struct record *r = record_of(&journal->door);
    bool ok = flush(r, false, err);
    if (error_is_set(&r->broken))
        ok = error_set(err, "%s", error_text(&r->broken));
    queue_clear(&r->queue);
    forget_sources(r);
    learned_clear(&r->learned);
    arena_free(&r->arena);
    arena_free(&r->result_arena);
    error_free(&r->broken);
    free(r->no_room);
    free(r->run);
    free(r);
    return ok;
}
