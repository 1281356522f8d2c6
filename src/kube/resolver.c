#include "kube/resolver.h"

#include <stdlib.h>
#include <string.h>

#include "kube/discovery_cache.h"
#include "kube/path.h"
#include "kube/survey.h"
#include "net/loop.h"

enum { SURVEY_TIMEOUT_MS = 30000 };

struct kube_resolver {
    struct loop *loop;
    struct kube_wire *wire;
    const struct kube_config *config;

    struct arena memory;
    struct value *table; // all the server's types, or NULL
    bool disk_read;

    struct arena part_memory;
    struct value *parts; // group versions that were asked for alone, before there was a table

    struct kube_survey *survey; // under way
    struct kube_resolve *waiting;
};

struct kube_resolve {
    struct kube_resolver *resolver;
    struct kube_resolve *next, **link; // while waiting for the survey
    struct arena *arena;
    const char *words, *version, *group; // of RESOURCE.VERSION.GROUP, else NULL
    kube_resolve_done *done;
    void *arg;
    struct timer *ready;
    struct kube_exchange *part;
    struct kube_resource found;
};

struct kube_resolver *kube_resolver_new(struct loop *loop, struct kube_wire *wire,
                                        const struct kube_config *config)
{
    struct kube_resolver *r = mem_alloc(sizeof *r);
    *r = (struct kube_resolver){.loop = loop, .wire = wire, .config = config};
    r->parts = value_array(&r->part_memory);
    return r;
}

void kube_resolver_free(struct kube_resolver *r)
{
    if (r->survey)
        kube_survey_cancel(r->survey);
    arena_free(&r->memory);
    arena_free(&r->part_memory);
    free(r);
}

static void waiting_add(struct kube_resolve **list, struct kube_resolve *q)
{
    q->next = *list;
    q->link = list;
    if (q->next)
        q->next->link = &q->next;
    *list = q;
}

static void waiting_remove(struct kube_resolve *q)
{
    if (q->link == NULL)
        return;
    *q->link = q->next;
    if (q->next)
        q->next->link = q->link;
    q->link = NULL;
}

static void resolve_end(struct kube_resolve *q, const struct kube_resolved *result)
{
    q->done(result, q->arg);
    free(q);
}

static void resolve_found(void *arg)
{
    struct kube_resolve *q = arg;
    resolve_end(q, &(struct kube_resolved){.found = &q->found, .missing = ""});
}

static void survey_done(struct kube_surveyed *result, void *arg)
{
    struct kube_resolver *r = arg;
    r->survey = NULL;
    // The callbacks may start new resolves, which wait for a survey of their own.
    struct kube_resolve *ready = NULL;
    while (r->waiting) {
        struct kube_resolve *q = r->waiting;
        waiting_remove(q);
        waiting_add(&ready, q);
    }
    struct arena answered = result->memory;
    if (result->table) {
        answered = r->memory;
        r->memory = result->memory;
        r->table = result->table;
        if (*result->missing == '\0' && r->config->cache_folder)
            kube_discovery_cache_write(r->config->cache_folder, r->config->server, r->table);
    }
    while (ready) {
        struct kube_resolve *q = ready;
        struct kube_resolved end = {
            .table = result->table, .failure = result->failure, .missing = result->missing};
        waiting_remove(q);
        if (result->table && q->words &&
            kube_discovery_find(q->arena, result->table, q->words, &q->found))
            end.found = &q->found;
        resolve_end(q, &end);
    }
    arena_free(&answered);
}

static void survey_join(struct kube_resolve *q)
{
    struct kube_resolver *r = q->resolver;
    waiting_add(&r->waiting, q);
    if (r->survey == NULL)
        r->survey = kube_survey_start(r->wire, SURVEY_TIMEOUT_MS, survey_done, r);
}

static struct value *part_entry(struct kube_resolver *r, const char *group, const char *version)
{
    for (size_t i = 0; i < value_count(r->parts); i++) {
        struct value *entry = value_at(r->parts, i);
        if (strcmp(value_get_text(entry, "group"), group) == 0 &&
            strcmp(value_get_text(entry, "version"), version) == 0)
            return entry;
    }
    return kube_discovery_entry(&r->part_memory, r->parts, group, version);
}

static void part_done(const struct kube_answer *answer, void *arg)
{
    struct kube_resolve *q = arg;
    struct kube_resolver *r = q->resolver;
    q->part = NULL;
    bool heard = !answer->error && answer->status == 200 &&
                 kube_discovery_fill(&r->part_memory, part_entry(r, q->group, q->version),
                                     answer->value, NULL);
    if (heard && kube_discovery_find(q->arena, r->parts, q->words, &q->found))
        resolve_found(q);
    else if (answer->error || answer->status == 401)
        resolve_end(q, &(struct kube_resolved){.failure = answer, .missing = ""});
    else // the words may mean RESOURCE.GROUP after all
        survey_join(q);
}

static void part_ask(struct kube_resolve *q, int64_t timeout_ms)
{
    struct buf path = {0};
    kube_path_version(&path, q->group, q->version);
    struct kube_question ask = {.path = path.data, .timeout_ms = timeout_ms};
    q->part = kube_wire_start(q->resolver->wire, q->arena, &ask, part_done, q);
    buf_free(&path);
}

// Looks into what is known without asking the server.
static bool find_known(struct kube_resolve *q, bool whole)
{
    struct kube_resolver *r = q->resolver;
    if (r->table == NULL && !r->disk_read && r->config->cache_folder)
        r->table =
            kube_discovery_cache_read(&r->memory, r->config->cache_folder, r->config->server);
    r->disk_read = true;
    return (r->table && kube_discovery_find(q->arena, r->table, q->words, &q->found)) ||
           (!whole && q->version && kube_discovery_find(q->arena, r->parts, q->words, &q->found));
}

struct kube_resolve *kube_resolve_start(struct kube_resolver *r, struct arena *a, const char *words,
                                        enum kube_resolve_how how, int64_t timeout_ms,
                                        kube_resolve_done *done, void *arg)
{
    struct kube_resolve *q = mem_alloc(sizeof *q);
    *q = (struct kube_resolve){.resolver = r, .arena = a, .done = done, .arg = arg};
    q->words = arena_dup(a, words);
    bool exact = words && kube_discovery_split(a, words, &q->version, &q->group);
    bool whole = how == KUBE_RESOLVE_WHOLE;
    if (how != KUBE_RESOLVE_FRESH && words && find_known(q, whole))
        q->ready = timer_start(r->loop, 0, resolve_found, q);
    else if (exact && !whole && r->table == NULL)
        part_ask(q, timeout_ms);
    else
        survey_join(q);
    return q;
}

void kube_resolve_cancel(struct kube_resolve *q)
{
    struct kube_resolver *r = q->resolver;
    timer_stop(q->ready);
    if (q->part)
        kube_exchange_cancel(q->part);
    waiting_remove(q);
    if (r->survey && r->waiting == NULL) { // nobody wants to know any more
        kube_survey_cancel(r->survey);
        r->survey = NULL;
    }
    free(q);
}
