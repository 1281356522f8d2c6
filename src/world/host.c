#include "world/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/duration.h"
#include "base/json.h"
#include "net/loop.h"
#include "net/mint.h"
#include "net/serve.h"
#include "world/ambush.h"
#include "world/answer.h"
#include "world/control.h"
#include "world/request.h"
#include "world/world.h"

enum { TICK_MS = 100, BACK_MS = 50 };

struct door {
    struct host *host;
    const char *service;
    struct server *server; // NULL while it is away
    char *url;
    char *cert, *key; // PEM text; NULL: plain HTTP
    int port;
    struct timer *absence; // until it goes, then until it is back
    int64_t away_ms;
};

// An answer that is still being given.
struct stream {
    LIST_ENTRY(stream) next;
    struct host *host;
    struct exchange *exchange; // NULL once the client went away
    int stream;
};

struct host {
    struct loop *loop;
    struct world *world;
    struct buf ca;
    struct request_log log;
    struct ambush ambush;
    struct timer *timer;
    struct error last; // what the last tick failed with, to be told once
    LIST_HEAD(stream_list, stream) streams;
    size_t count;
    struct door doors[];
};

static void stream_gone(void *arg)
{
    struct stream *s = arg;
    s->exchange = NULL;
}

static void stream_free(struct stream *s)
{
    LIST_REMOVE(s, next);
    free(s);
}

// Passes on what the stream has to say. It is freed when it ended.
static void stream_poll(struct stream *s)
{
    if (s->exchange == NULL) {
        answer_close(s->host->world, s->stream);
        stream_free(s);
        return;
    }
    struct buf chunk = {0};
    bool more = answer_stream(s->host->world, s->stream, &chunk);
    if (chunk.len)
        exchange_chunk(s->exchange, chunk.data, chunk.len);
    buf_free(&chunk);
    if (!more) {
        exchange_end(s->exchange);
        stream_free(s);
    }
}

static void stream_start(struct host *host, struct exchange *ex, const struct world_answer *answer)
{
    struct stream *s = mem_alloc(sizeof *s);
    *s = (struct stream){.host = host, .exchange = ex, .stream = answer->stream};
    LIST_INSERT_HEAD(&host->streams, s, next);
    exchange_begin(ex, answer->status);
    exchange_on_gone(ex, stream_gone, s);
    stream_poll(s);
}

static void headers_set(struct exchange *ex, const struct value *headers)
{
    for (size_t i = 0; i < value_count(headers); i++) {
        const struct value_member *m = &headers->object.members[i];
        exchange_set_header(ex, m->key, value_text(m->value));
    }
}

// Answers a request to a service of the world, unless the client is to die of it.
static void world_request(struct host *host, struct value *request, struct arena *a,
                          struct world_answer *answer)
{
    bool fatal = ambush_counts(&host->ambush, request);
    if (fatal && !host->ambush.after) {
        ambush_strike(&host->ambush);
        *answer = (struct world_answer){.abort = true};
        return;
    }
    answer_make(host->world, request, a, answer);
    request_log_add(&host->log, request, answer->abort ? 0 : answer->status,
                    request_writes(request) && !answer->read_only);
    if (fatal) {
        ambush_strike(&host->ambush);
        answer->abort = true;
    }
}

static void on_request(struct exchange *ex, void *arg);

// Listens on the port that it had.
static bool door_listen(struct door *door, struct error *err)
{
    door->server = server_start(door->host->loop, "127.0.0.1", door->port, door->cert, door->key,
                                on_request, door, err);
    if (door->server)
        door->port = server_port(door->server);
    return door->server != NULL;
}

static void door_return(void *arg)
{
    struct door *door = arg;
    error_local(err);
    door->absence = NULL;
    if (!door_listen(door, &err))
        door->absence = timer_start(door->host->loop, BACK_MS, door_return, door);
}

static void door_leave(void *arg)
{
    struct door *door = arg;
    server_stop(door->server);
    door->server = NULL;
    door->absence = timer_start(door->host->loop, door->away_ms, door_return, door);
}

// Those services go away once the answer at hand is given.
static void doors_leave(struct host *host, const struct value *away)
{
    for (size_t i = 0; i < host->count; i++) {
        struct door *door = &host->doors[i];
        const struct value *seconds = value_get(away, door->service);
        if (seconds == NULL || door->absence)
            continue;
        door->away_ms = seconds->type == VALUE_FLOAT ? (int64_t)(seconds->number * 1000)
                                                     : seconds->integer * 1000;
        door->absence = timer_start(host->loop, 0, door_leave, door);
    }
}

static void on_request(struct exchange *ex, void *arg)
{
    struct door *door = arg;
    struct host *host = door->host;
    struct arena a = {0};
    struct world_answer answer;
    struct value *request = request_read(&a, ex, door->service);
    if (strcmp(door->service, "control") == 0)
        control_answer(host->world, &host->log, &host->ambush, request, &a, &answer);
    else
        world_request(host, request, &a, &answer);
    if (answer.away)
        doors_leave(host, answer.away);
    if (answer.abort) {
        answer_close(host->world, answer.stream);
        exchange_abort(ex);
    } else {
        headers_set(ex, answer.headers);
        if (answer.stream)
            stream_start(host, ex, &answer);
        else
            exchange_reply(ex, answer.status, answer.body, answer.len);
    }
    arena_free(&a);
}

static void on_tick(void *arg)
{
    struct host *host = arg;
    error_local(err);
    if (!world_tick(host->world, &err) && strcmp(error_text(&err), error_text(&host->last)) != 0)
        fprintf(stderr, "sandbox: tick failed: %s\n", error_text(&err));
    error_move(&host->last, &err);
    for (struct stream *s = LIST_FIRST(&host->streams), *next; s; s = next) {
        next = LIST_NEXT(s, next);
        stream_poll(s);
    }
    host->timer = timer_start(host->loop, TICK_MS, on_tick, host);
}

static bool door_open(struct host *host, const struct world_service *s, struct error *err)
{
    struct mint mint = {0};
    if (s->tls && !mint_certificate(&mint, s->names, s->not_before_s, s->not_after_s, err))
        return false;
    struct door *door = &host->doors[host->count];
    *door = (struct door){.host = host,
                          .service = s->name,
                          .port = s->port,
                          .cert = mem_dup(mint.cert_pem),
                          .key = mem_dup(mint.key_pem)};
    host->count++;
    if (mint.ca_pem)
        buf_puts(&host->ca, mint.ca_pem);
    bool ok = door_listen(door, err);
    if (ok) {
        struct buf url = {0};
        buf_printf(&url, "%s://127.0.0.1:%d", s->tls ? "https" : "http", door->port);
        door->url = buf_take(&url);
        ok = world_place(host->world, s->name, door->port, door->url, mint.cert_pem, err);
    }
    mint_free(&mint);
    return ok;
}

static bool doors_open(struct host *host, struct error *err)
{
    const struct world_service *services;
    size_t count = world_services(host->world, &services);
    bool ok = world_certificates(host->world, err) &&
              door_open(host, &(struct world_service){.name = "control"}, err);
    for (size_t i = 0; ok && i < count; i++)
        ok = door_open(host, &services[i], err);
    return ok;
}

struct host *host_start(struct loop *loop, struct world *world, const char *dir, struct error *err)
{
    const struct world_service *services;
    size_t count = world_services(world, &services) + 1;
    struct host *host = mem_alloc(sizeof *host + count * sizeof *host->doors);
    *host = (struct host){.loop = loop, .world = world};
    if (!request_log_open(&host->log, dir, err) || !doors_open(host, err) ||
        !world_start(world, buf_text(&host->ca), dir, err)) {
        host_stop(host);
        return NULL;
    }
    host->timer = timer_start(loop, TICK_MS, on_tick, host);
    return host;
}

const char *host_url(const struct host *host, const char *service)
{
    for (size_t i = 0; i < host->count; i++)
        if (strcmp(host->doors[i].service, service) == 0)
            return host->doors[i].url;
    return NULL;
}

const char *host_ca(const struct host *host)
{
    return buf_text(&host->ca);
}

void host_stop(struct host *host)
{
    timer_stop(host->timer);
    for (size_t i = 0; i < host->count; i++) {
        timer_stop(host->doors[i].absence);
        server_stop(host->doors[i].server);
        free(host->doors[i].url);
        free(host->doors[i].cert);
        free(host->doors[i].key);
    }
    for (struct stream *s = LIST_FIRST(&host->streams), *next; s; s = next) {
        next = LIST_NEXT(s, next);
        answer_close(host->world, s->stream);
        stream_free(s);
    }
    request_log_close(&host->log);
    buf_free(&host->ca);
    error_free(&host->last);
    free(host);
}
