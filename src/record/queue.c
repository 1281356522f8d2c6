#include "record/queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/utf8.h"

struct pending {
    struct pending *next;
    struct arena arena; // holds all of it, this struct too
    struct effect effect;
    enum journal_state state;
    bool kept; // the answer is such that it can be given again
    int64_t started, ended;
    const char *phase, *step;
};

static const char *masked(struct arena *a, const struct redact *secrets, const char *text)
{
    if (text == NULL)
        return NULL;
    size_t len;
    char *safe = redact_text(secrets, text, strlen(text), &len);
    char *copy = arena_copy(a, safe, len);
    free(safe);
    return copy;
}

static bool is_text(const char *text, size_t len)
{
    size_t size = 1;
    for (; len && size; text += size, len -= size)
        size = utf8_size(text, len);
    return size != 0;
}

// Whether the value comes back from JSON as it was.
static bool is_utf8(const struct value *v)
{
    bool ok = v == NULL || v->type != VALUE_STRING || is_text(v->string.text, v->string.len);
    for (size_t i = 0; v && v->type == VALUE_ARRAY && i < v->array.count && ok; i++)
        ok = is_utf8(v->array.items[i]);
    for (size_t i = 0; v && v->type == VALUE_OBJECT && i < v->object.count && ok; i++)
        ok = is_utf8(v->object.members[i].value);
    return ok;
}

// Masks the effect's answer, unless it is not to be kept. One that held a secret in some encoding
// cannot be made whole again, nor one that is not text; neither must be taken for what it was.
static void keep_answer(struct pending *p, const struct effect *e, const struct redact *secrets)
{
    struct arena *a = &p->arena;
    p->effect.result = e->sensitive ? NULL : redact_value(a, secrets, e->result);
    p->kept = !e->sensitive && is_utf8(e->result);
    if (p->kept && p->effect.result && !value_equal(p->effect.result, e->result))
        p->kept = value_equal(redact_restore(a, secrets, p->effect.result), e->result);
}

void queue_add(struct queue *q, const struct effect *e, enum journal_state state,
               const struct redact *secrets, const char *phase, const char *step)
{
    struct arena a = {0};
    struct pending *p = arena_alloc(&a, sizeof *p);
    p->effect = *e;
    p->effect.summary = masked(&a, secrets, e->summary);
    p->effect.scope = arena_dup(&a, e->scope);
    p->effect.error = masked(&a, secrets, e->error);
    p->effect.answer = masked(&a, secrets, e->answer);
    p->effect.args = e->access == ACCESS_WRITE && !e->sensitive ? redact_value(&a, secrets, e->args) : NULL;
    p->state = state;
    p->started = clock_wall() - (clock_steady() - e->started);
    p->ended = state == JOURNAL_STARTED ? 0 : clock_wall();
    p->phase = arena_dup(&a, phase);
    p->step = arena_dup(&a, step);
    p->arena = a;
    keep_answer(p, e, secrets);
    if (q->last)
        q->last->next = p;
    else
        q->first = p;
    q->last = p;
    q->count++;
}

static void pending_free(struct pending *p)
{
    struct arena arena = p->arena;
    arena_free(&arena);
}

void queue_drop_last(struct queue *q)
{
    struct pending **link = &q->first, *before = NULL;
    while (*link != q->last) {
        before = *link;
        link = &before->next;
    }
    pending_free(q->last);
    *link = NULL;
    q->last = before;
    q->count--;
}

static const char sql[] =
    "INSERT INTO effect(run, scope, position, phase, step, kind, access, summary, fingerprint,"
    " line, args, state, in_doubt, kept, result, error, answer, deadline, started, ended)"
    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT(run, scope, position) DO UPDATE SET state=excluded.state,"
    " in_doubt=excluded.in_doubt, kept=excluded.kept, result=excluded.result,"
    " error=excluded.error, answer=excluded.answer, deadline=excluded.deadline,"
    " ended=excluded.ended, started=min(started, excluded.started)";

bool queue_write(const struct queue *q, struct store *store, const char *run, struct error *err)
{
    bool ok = true;
    for (const struct pending *p = q->first; p && ok; p = p->next) {
        const struct effect *e = &p->effect;
        ok =
            store_run(store, err, sql, "ttttttttttviiivttiii", run, e->scope, e->position, p->phase,
                      p->step, e->kind->name, access_name(e->access), e->summary, e->fingerprint,
                      e->where, e->args, (int64_t)p->state, (int64_t)e->in_doubt, (int64_t)p->kept,
                      e->result, e->error, e->answer, e->deadline, p->started, p->ended);
    }
    return ok;
}

void queue_clear(struct queue *q)
{
    while (q->first) {
        struct pending *next = q->first->next;
        pending_free(q->first);
        q->first = next;
    }
    *q = (struct queue){0};
}
