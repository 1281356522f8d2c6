#include "kube/watch.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/code.h"
#include "base/duration.h"
#include "base/json.h"
#include "kube/parts.h"
#include "net/loop.h"

enum { LINE_MAX_BYTES = 64 * 1024 * 1024 };
enum { POLL_MS = 2000, PAUSE_MIN_MS = 250, PAUSE_MAX_MS = 4000, IDLE_MS = 30000 };
enum { STREAM_MS = 300000 }; // after which the server is to end a stream
enum { STEADY_MS = 12000 };  // more than it takes to find out that nobody answers
enum { LOOK_MS = 30000 };

static const char polled[] = "poll"; // the place of those who may not watch

// A watch has a call under way, or pauses.
struct kube_watch {
    struct kube *kube;
    struct kube_watch_request request;
    struct arena *arena;
    kube_watch_done *done;
    void *arg;
    struct kube_call *call;
    struct timer *pause, *end;
    int64_t deadline, stream_began; // on the steady clock
    int64_t pause_ms;               // the next one
    bool strict;                    // nothing has succeeded yet, so a failure is one
    bool lost;                      // the server has forgotten where we were
    struct buf line;                // the beginning of a change
    struct kube_watched result;
};

static void watch_free(struct kube_watch *w)
{
    timer_stop(w->pause);
    timer_stop(w->end);
    buf_free(&w->line);
    free(w);
}

static void watch_end(struct kube_watch *w)
{
    struct kube_watched result = w->result;
    kube_watch_done *done = w->done;
    void *arg = w->arg;
    watch_free(w);
    done(&result, arg);
}

static void on_deadline(void *arg)
{
    struct kube_watch *w = arg;
    w->end = NULL;
    w->result.trouble = kube_watch_trouble(w);
    if (w->call)
        kube_call_cancel(w->call);
    watch_end(w);
}

static void watch_go_on(void *arg);

static void watch_pause(struct kube_watch *w, int64_t ms)
{
    w->pause = timer_start(w->kube->loop, ms, watch_go_on, w);
}

// Tries again in a while, longer each time that fails.
static void watch_retry(struct kube_watch *w, const char *trouble)
{
    w->result.trouble = trouble;
    watch_pause(w, w->pause_ms);
    w->pause_ms = w->pause_ms * 2 < PAUSE_MAX_MS ? w->pause_ms * 2 : PAUSE_MAX_MS;
}

static struct kube_request request_of(const struct kube_watch *w, enum kube_verb verb)
{
    const struct kube_watch_request *q = &w->request;
    int64_t left = w->deadline - clock_steady();
    return (struct kube_request){.verb = verb,
                                 .resource = q->resource,
                                 .namespace = q->namespace,
                                 .all_namespaces = q->all_namespaces,
                                 .label_selector = q->label_selector,
                                 .field_selector = q->field_selector,
                                 .may = q->may,
                                 .may_arg = q->may_arg,
                                 .timeout_ms = left > 1 ? left : 1};
}

static const char *version_of(const struct value *object)
{
    return value_text(value_path(object, "metadata.resourceVersion"));
}

// What is there could not be told. At first that is a failure; later even a refusal may be that of
// a server that has just started again and knows nobody yet.
static void look_failed(struct kube_watch *w, const struct kube_result *r)
{
    if (!w->strict) {
        watch_retry(w, r->error);
        return;
    }
    w->result.error = r->error;
    w->result.code = r->code;
    watch_end(w);
}

// Those who may not list may still get.
static void look_got(const struct kube_result *r, void *arg)
{
    struct kube_watch *w = arg;
    w->call = NULL;
    if (r->error && !r->missing) {
        look_failed(w, r);
        return;
    }
    w->result.items = value_array(w->arena);
    if (!r->missing)
        value_push(w->arena, w->result.items, r->value);
    w->result.from = polled;
    watch_end(w);
}

static void look_listed(const struct kube_result *r, void *arg)
{
    struct kube_watch *w = arg;
    w->call = NULL;
    if (r->error && r->status == 403 && w->request.name) {
        struct kube_request q = request_of(w, KUBE_GET);
        q.name = w->request.name;
        q.label_selector = q.field_selector = NULL;
        w->call = kube_call_start(w->kube, &q, w->arena, look_got, w);
        return;
    }
    if (r->error) {
        look_failed(w, r);
        return;
    }
    const char *version = version_of(r->value);
    bool poll = *version == '\0' || (w->result.from && strcmp(w->result.from, polled) == 0);
    w->result.items = value_get(r->value, "items");
    w->result.from = poll ? polled : version;
    watch_end(w);
}

static void watch_look(struct kube_watch *w)
{
    struct kube_request q = request_of(w, KUBE_LIST);
    if (w->strict || q.timeout_ms > LOOK_MS)
        q.timeout_ms = LOOK_MS; // at first a short wait is no reason to hurry
    w->lost = false;
    w->call = kube_call_start(w->kube, &q, w->arena, look_listed, w);
}

// Takes in one event: { type, object }.
static void event_read(struct kube_watch *w, const char *text, size_t len)
{
    error_local(why);
    struct value *event = json_parse(w->arena, text, len, &why);
    const char *type = value_get_text(event, "type");
    const struct value *object = value_get(event, "object");
    bool change =
        strcmp(type, "ADDED") == 0 || strcmp(type, "MODIFIED") == 0 || strcmp(type, "DELETED") == 0;
    if ((!change && strcmp(type, "BOOKMARK") != 0) || *version_of(object) == '\0') {
        w->lost = true; // an ERROR, such as 410, or what we do not understand
        return;
    }
    w->result.from = arena_dup(w->arena, version_of(object));
    if (!change)
        return;
    if (w->result.changes == NULL)
        w->result.changes = value_array(w->arena);
    value_push(w->arena, w->result.changes, event);
}

static bool stream_told(const char *bytes, size_t len, void *arg)
{
    struct kube_watch *w = arg;
    w->pause_ms = PAUSE_MIN_MS;
    w->result.trouble = NULL;
    while (len && !w->lost) {
        const char *newline = memchr(bytes, '\n', len);
        size_t part = newline ? (size_t)(newline - bytes) : len;
        if (!buf_add(&w->line, bytes, part)) {
            w->lost = true; // look at it as a whole, which is bounded
        } else if (newline) {
            if (w->line.len)
                event_read(w, w->line.data, w->line.len);
            buf_clear(&w->line);
            part++;
        }
        bytes += part;
        len -= part;
    }
    return w->result.changes == NULL && !w->lost;
}

// The place is one that the server has not come to: its data are those of a backup, say.
static bool is_from_elsewhere(const struct kube_result *r)
{
    return r->error && strcmp(r->code, CODE_K8S "ResourceVersionTooLarge") == 0;
}

static void stream_ended(const struct kube_result *r, void *arg)
{
    struct kube_watch *w = arg;
    bool brief = clock_steady() - w->stream_began < PAUSE_MAX_MS;
    w->call = NULL;
    buf_clear(&w->line);
    if (w->result.changes) {
        watch_end(w);
    } else if (w->lost || r->status == 410 || is_from_elsewhere(r)) {
        w->lost = true;
        watch_retry(w, NULL);
    } else if (r->error && (r->status == 403 || r->status == 405)) {
        w->result.from = polled;
        watch_pause(w, 0);
    } else if (brief) {
        watch_retry(w, r->error);
    } else { // a clean end, a break or silence, such as come to any stream
        w->result.trouble = NULL;
        watch_pause(w, 0);
    }
}

static void watch_stream(struct kube_watch *w)
{
    struct kube_request q = request_of(w, KUBE_WATCH);
    q.timeout_ms = q.timeout_ms < STREAM_MS ? q.timeout_ms : STREAM_MS;
    q.from = w->result.from;
    q.on_data = stream_told;
    q.idle_ms = w->request.idle_ms;
    w->stream_began = clock_steady();
    w->call = kube_call_start(w->kube, &q, w->arena, stream_ended, w);
}

static void watch_go_on(void *arg)
{
    struct kube_watch *w = arg;
    w->pause = NULL;
    if (w->lost || w->result.from == NULL || strcmp(w->result.from, polled) == 0)
        watch_look(w);
    else
        watch_stream(w);
}

static void strings_copy(struct arena *a, struct kube_watch_request *q)
{
    const char **const all[] = {&q->resource,       &q->name,           &q->namespace,
                                &q->label_selector, &q->field_selector, &q->from};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        *all[i] = *all[i] && **all[i] ? arena_dup(a, *all[i]) : NULL;
    if (q->name)
        q->field_selector =
            arena_printf(a, "metadata.name=%s%s%s", q->name, q->field_selector ? "," : "",
                         q->field_selector ? q->field_selector : "");
}

struct kube_watch *kube_watch_start(struct kube *k, const struct kube_watch_request *request,
                                    struct arena *a, kube_watch_done *done, void *arg)
{
    struct kube_watch *w = mem_alloc(sizeof *w);
    *w = (struct kube_watch){.kube = k, .request = *request, .arena = a, .done = done, .arg = arg};
    strings_copy(a, &w->request);
    if (w->request.idle_ms <= 0)
        w->request.idle_ms = IDLE_MS;
    w->line.max = LINE_MAX_BYTES;
    w->pause_ms = PAUSE_MIN_MS;
    w->result.from = w->request.from;
    w->strict = w->result.from == NULL;
    w->deadline = clock_steady() + request->timeout_ms;
    if (!w->strict)
        w->end = timer_start(k->loop, request->timeout_ms, on_deadline, w);
    bool poll = !w->strict && strcmp(w->result.from, polled) == 0;
    watch_pause(w, poll ? POLL_MS : 0);
    return w;
}

void kube_watch_cancel(struct kube_watch *w)
{
    if (w->call)
        kube_call_cancel(w->call);
    watch_free(w);
}

const char *kube_watch_trouble(const struct kube_watch *w)
{
    bool steady = w->call && w->stream_began && clock_steady() - w->stream_began > STEADY_MS;
    return steady ? NULL : w->result.trouble;
}
