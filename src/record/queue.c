#include "record/queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/json.h"
#include "record/cover.h"
#include "record/keep.h"

struct pending {
    struct pending *next;
    bool begun; // its intent is written already
    enum journal_state state;
    bool in_doubt, kept; // kept: the answer is there, and can be given again
    int64_t deadline, started, ended;
    struct scope scope;
    const char *position, *phase, *kind, *access, *summary, *fingerprint, *where;
    const char *args, *result, *error, *code, *answer;
};

static const char *json_of(struct arena *a, const struct value *v, enum json_style style)
{
    struct buf text = {0};
    if (v == NULL)
        return NULL;
    json_write(&text, v, style);
    const char *copy = arena_copy(a, buf_text(&text), text.len);
    buf_free(&text);
    return copy;
}

// What cannot be given again as it was is not written at all, lest it be taken for that.
static void keep_answer(struct pending *p, const struct effect *e, const struct redact *secrets,
                        struct arena *a)
{
    const char *why = "it is sensitive";
    const struct value *kept = e->sensitive ? NULL : keep_value(a, secrets, e->result, &why);
    p->kept = kept != NULL;
    if (kept == NULL)
        p->result = json_of(a, keep_withheld(a, why), JSON_COMPACT);
    else if (e->result)
        p->result = json_of(a, kept, JSON_COMPACT);
}

void queue_add(struct queue *q, const struct effect *e, enum journal_state state,
               const struct redact *secrets, const char *phase)
{
    struct arena *a = &q->arena;
    struct pending *p = arena_alloc(a, sizeof *p);
    bool write = e->access == ACCESS_WRITE;
    *p = (struct pending){
        .begun = write && state != JOURNAL_STARTED,
        .state = state,
        .in_doubt = e->in_doubt,
        .deadline = e->deadline,
        .started = clock_wall() - (clock_steady() - e->started),
        .ended = state == JOURNAL_STARTED ? 0 : clock_wall(),
        .scope = e->scope,
        .position = arena_dup(a, e->position),
        .phase = arena_dup(a, phase),
        .kind = e->kind->name,
        .access = access_name(e->access),
        .summary = cover_copy(a, secrets, e->summary),
        .fingerprint = arena_dup(a, e->fingerprint),
        .where = arena_dup(a, e->where),
        .error = cover_copy(a, secrets, e->error),
        .code = arena_dup(a, e->code),
        .answer = cover_copy(a, secrets, e->answer),
    };
    p->scope.step = arena_dup(a, e->scope.step);
    if (write && !p->begun)
        p->args = json_of(a, cover_value(a, secrets, e->args), JSON_CANONICAL);
    keep_answer(p, e, secrets, a);
    if (q->last)
        q->last->next = p;
    else
        q->first = p;
    q->last = p;
    q->count++;
    q->bytes += p->result ? strlen(p->result) : 0;
}

void queue_drop_last(struct queue *q)
{
    struct pending **link = &q->first, *before = NULL;
    while (*link != q->last) {
        before = *link;
        link = &before->next;
    }
    *link = NULL;
    q->last = before;
    q->count--;
}

static bool write_whole(const struct pending *p, struct store *store, const char *run,
                        struct error *err)
{
    return store_run(
        store, err,
        "INSERT INTO effect(run, part, step, attempt, generation, position, phase, kind, access,"
        " summary, fingerprint, line, args, state, in_doubt, kept, result, error, code, answer,"
        " deadline, started, ended)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT(run, step, part, attempt, generation, position) DO UPDATE SET"
        " state=excluded.state, in_doubt=excluded.in_doubt, kept=excluded.kept,"
        " result=excluded.result, error=excluded.error, code=excluded.code,"
        " answer=excluded.answer, deadline=excluded.deadline, ended=excluded.ended,"
        " process=NULL, started=min(started, excluded.started)",
        "titiittttttttiiittttiii", run, (int64_t)p->scope.part, p->scope.step,
        (int64_t)p->scope.attempt, p->scope.generation, p->position, p->phase, p->kind, p->access,
        p->summary, p->fingerprint, p->where, p->args, (int64_t)p->state, (int64_t)p->in_doubt,
        (int64_t)p->kept, p->result, p->error, p->code, p->answer, p->deadline, p->started,
        p->ended);
}

static bool write_outcome(const struct pending *p, struct store *store, const char *run,
                          struct error *err)
{
    return store_run(store, err,
                     "UPDATE effect SET state=?, in_doubt=?, kept=?, result=?, error=?, code=?,"
                     " answer=?, ended=? WHERE run=? AND step=? AND part=? AND attempt=? AND"
                     " generation=? AND position=?",
                     "iiittttittiiit", (int64_t)p->state, (int64_t)p->in_doubt, (int64_t)p->kept,
                     p->result, p->error, p->code, p->answer, p->ended, run, p->scope.step,
                     (int64_t)p->scope.part, (int64_t)p->scope.attempt, p->scope.generation,
                     p->position);
}

bool queue_write(const struct queue *q, struct store *store, const char *run, struct error *err)
{
    bool ok = true;
    for (const struct pending *p = q->first; p && ok; p = p->next)
        ok = p->begun ? write_outcome(p, store, run, err) : write_whole(p, store, run, err);
    return ok;
}

void queue_clear(struct queue *q)
{
    arena_free(&q->arena);
    *q = (struct queue){0};
}
