// What of Kubernetes takes its time: changes, and logs that grow. Each effect brings what has come
// by then and says where the next one goes on.
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/code.h"
#include "base/duration.h"
#include "engine/run.h"
#include "kube/watch.h"
#include "net/loop.h"
#include "prim/k8s_work.h"

enum { TICK_MS = 1000, BATCH_MS = 200, IDLE_MS = 300000 };
enum { STAMP_MAX = 40 }; // "2026-03-01T08:30:00.123456789Z" and what else may be one

// The lines of a log.
struct k8s_log {
    struct buf text;
    bool follow;
    char after[STAMP_MAX]; // following: lines up to this moment are known already
    size_t taken;          // following: bytes of new lines, which `text` begins with
    bool batching;         // following: the first has come, the effect ends soon
    bool too_large;
};

// Tells how far the wait is that this effect is a part of.
static void progress_tell(struct k8s_work *w)
{
    struct effect *e = w->effect;
    struct arena a = {0};
    const char *trouble = w->watch ? kube_watch_trouble(w->watch) : NULL;
    int64_t spent = clock_steady() - e->started;
    int64_t left = value_get_int(e->args, "timeout_ms", 0) - spent;
    struct value *data = value_object(&a), *figures = value_array(&a), *now = value_object(&a);
    const char *state = trouble ? k8s_error(e->run, &a, trouble) : value_get_text(e->args, "state");
    value_set(&a, data, "label", value_string(&a, value_get_text(e->args, "for")));
    value_set(&a, data, "elapsed",
              value_float(&a, (double)(value_get_int(e->args, "elapsed_ms", 0) + spent) / 1000));
    value_set(&a, data, "remaining", value_float(&a, (double)(left > 0 ? left : 0) / 1000));
    value_set(&a, now, "name", value_string(&a, "now"));
    value_set(&a, now, "value", value_string(&a, state));
    if (*state)
        value_push(&a, figures, now);
    value_set(&a, data, "figures", figures);
    run_tell(e->run, EVENT_PROGRESS, data);
    arena_free(&a);
}

static void on_tick(void *arg)
{
    struct k8s_work *w = arg;
    w->tick = timer_start(w->effect->run->loop, TICK_MS, on_tick, w);
    progress_tell(w);
}

static void stream_end(struct k8s_work *w)
{
    timer_stop(w->tick);
    w->tick = NULL;
    effect_end(w->effect);
}

static void watched(const struct kube_watched *r, void *arg)
{
    struct k8s_work *w = arg;
    struct effect *e = w->effect;
    struct arena *a = &e->arena;
    w->watch = NULL;
    if (r->error) {
        e->error = k8s_error(e->run, a, r->error);
        e->code = r->code;
        stream_end(w);
        return;
    }
    struct value *result = value_object(a);
    value_set(a, result, "from", value_string(a, r->from));
    if (r->items)
        value_set(a, result, "items", r->items);
    value_set(a, result, "changes", r->changes ? r->changes : value_array(a));
    if (r->trouble)
        value_set(a, result, "trouble", value_string(a, k8s_error(e->run, a, r->trouble)));
    e->result = result;
    stream_end(w);
}

void k8s_watch_perform(struct effect *e)
{
    struct k8s_work *w = k8s_work_new(e);
    struct kube_watch_request q = {.resource = w->request.resource,
                                   .name = w->request.name,
                                   .namespace = w->request.namespace,
                                   .all_namespaces = w->request.all_namespaces,
                                   .label_selector = w->request.label_selector,
                                   .field_selector = w->request.field_selector,
                                   .from = k8s_text(e, "from"),
                                   .may = k8s_type_may,
                                   .may_arg = e,
                                   .timeout_ms = w->request.timeout_ms};
    w->watch = kube_watch_start(e->run->kube, &q, &e->arena, watched, w);
    if (value_get(e->args, "for"))
        w->tick = timer_start(e->run->loop, TICK_MS, on_tick, w);
}

// Takes the lines that are not known yet out of what has come: each begins with its moment, in a
// form that sorts as text within one second.
static void lines_take(struct k8s_log *log)
{
    char *from = log->text.data + log->taken, *newline;
    size_t kept = log->taken;
    const char *end = log->text.data + log->text.len;
    while ((newline = memchr(from, '\n', (size_t)(end - from)))) {
        size_t len = (size_t)(newline - from) + 1, stamp = strcspn(from, " \n");
        char moment[STAMP_MAX];
        snprintf(moment, sizeof moment, "%.*s", (int)stamp, from);
        if (strcmp(moment, log->after) > 0) {
            memmove(log->text.data + kept, from, len);
            kept += len;
        }
        from += len;
    }
    memmove(log->text.data + kept, from, (size_t)(end - from));
    log->text.len = kept + (size_t)(end - from);
    log->text.data[log->text.len] = '\0';
    log->taken = kept;
}

static void logs_end(struct k8s_work *w, bool over, const char *trouble)
{
    struct effect *e = w->effect;
    struct arena *a = &e->arena;
    struct k8s_log *log = w->log;
    if (log->follow && over && log->text.len > log->taken) {
        buf_putc(&log->text, '\n'); // which the last line lacks
        lines_take(log);
    }
    e->result = value_object(a);
    value_set(a, e->result, "text",
              value_bytes(a, buf_text(&log->text), log->follow ? log->taken : log->text.len));
    value_set(a, e->result, "over", value_bool(a, over));
    if (trouble)
        value_set(a, e->result, "trouble", value_string(a, k8s_error(e->run, a, trouble)));
    buf_free(&log->text);
    stream_end(w);
}

static void logs_fail(struct k8s_work *w, const char *error, const char *code)
{
    struct effect *e = w->effect;
    e->error = k8s_error(e->run, &e->arena, error);
    e->code = code;
    buf_free(&w->log->text);
    stream_end(w);
}

static void on_batch(void *arg)
{
    struct k8s_work *w = arg;
    w->tick = NULL;
    kube_call_cancel(w->call);
    w->call = NULL;
    logs_end(w, false, NULL);
}

static bool logs_told(const char *bytes, size_t len, void *arg)
{
    struct k8s_work *w = arg;
    struct k8s_log *log = w->log;
    log->too_large = !buf_add(&log->text, bytes, len);
    if (log->too_large)
        return false;
    if (log->follow)
        lines_take(log);
    if (log->taken && !log->batching) {
        log->batching = true;
        timer_stop(w->tick);
        w->tick = timer_start(w->effect->run->loop, BATCH_MS, on_batch, w);
    }
    return true;
}

static void logs_ended(const struct kube_result *r, void *arg)
{
    struct k8s_work *w = arg;
    struct k8s_log *log = w->log;
    w->call = NULL;
    bool known = log->follow && (log->taken || *log->after); // it went well before
    if (log->too_large && !log->taken)
        logs_fail(w,
                  arena_printf(&w->effect->arena,
                               "%s: the log is larger than max_bytes, %zu bytes: ask for less "
                               "with tail or since, or raise it",
                               r->tried, log->text.max),
                  CODE_TOO_LARGE);
    else if (log->too_large || (known && r->error && r->status == 0))
        logs_end(w, false, r->error);
    else if (r->error)
        logs_fail(w, r->error, r->code);
    else
        logs_end(w, true, NULL);
}

void k8s_logs_perform(struct effect *e)
{
    struct k8s_work *w = k8s_work_new(e);
    w->log = arena_alloc(&e->arena, sizeof *w->log);
    w->log->text.max = (size_t)value_get_int(e->args, "max_bytes", 0);
    w->log->follow = value_get_bool(value_get(e->args, "query"), "follow", false);
    snprintf(w->log->after, sizeof w->log->after, "%s", value_get_text(e->args, "seen"));
    w->request.subresource = "log";
    w->request.query = value_get(e->args, "query");
    w->request.on_data = logs_told;
    w->request.idle_ms = IDLE_MS;
    if (w->log->follow)
        w->tick = timer_start(e->run->loop, w->request.timeout_ms, on_batch, w);
    k8s_work_start(w, logs_ended);
}

void k8s_stream_cancel(struct effect *e)
{
    struct k8s_work *w = e->work;
    timer_stop(w->tick);
    w->tick = NULL;
    if (w->watch)
        kube_watch_cancel(w->watch);
    if (w->call)
        kube_call_cancel(w->call);
    if (w->log)
        buf_free(&w->log->text);
    w->watch = NULL;
    w->call = NULL;
}
