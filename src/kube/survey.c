#include "kube/survey.h"

#include <stdlib.h>
#include <string.h>

#include "kube/path.h"

enum { ROOTS = 2, VISITS = 10 };

static const char *const root_paths[ROOTS] = {"/api", "/apis"};
static const char accept_both[] =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

struct root {
    struct kube_survey *survey;
    struct kube_exchange *exchange;
    struct kube_answer answer;
};

struct visit {
    struct kube_survey *survey;
    struct kube_exchange *exchange;
    struct value *entry; // of the table
};

struct kube_survey {
    struct kube_wire *wire;
    int64_t timeout_ms;
    kube_survey_done *done;
    void *arg;
    struct arena scratch; // questions and answers
    struct kube_surveyed result;
    struct root roots[ROOTS];
    struct visit visits[VISITS];
    size_t roots_left, visits_left, next; // next: entry of the table to look at
};

static void survey_free(struct kube_survey *s)
{
    arena_free(&s->scratch);
    arena_free(&s->result.memory);
    free(s);
}

static void survey_end(struct kube_survey *s)
{
    if (s->result.failure)
        s->result.table = NULL;
    s->done(&s->result, s->arg);
    s->result.memory = (struct arena){0};
    survey_free(s);
}

static void missing_add(struct kube_survey *s, const char *what)
{
    const char *so_far = s->result.missing;
    s->result.missing =
        arena_printf(&s->result.memory, "%s%s%s", so_far, *so_far ? ", " : "", what);
}

static void visit_more(struct kube_survey *s);

static void visit_done(const struct kube_answer *answer, void *arg)
{
    struct visit *v = arg;
    struct kube_survey *s = v->survey;
    v->exchange = NULL;
    s->visits_left--;
    if (answer->error || answer->status != 200 ||
        !kube_discovery_fill(&s->result.memory, v->entry, answer->value, NULL)) {
        const char *group = value_get_text(v->entry, "group");
        missing_add(s, arena_printf(&s->scratch, "%s%s%s", group, *group ? "/" : "",
                                    value_get_text(v->entry, "version")));
    }
    visit_more(s);
}

// Asks for the group versions whose resources are not known yet; ends when nothing is left.
static void visit_more(struct kube_survey *s)
{
    for (size_t i = 0; i < VISITS; i++) {
        struct visit *v = &s->visits[i];
        while (v->exchange == NULL && s->next < value_count(s->result.table)) {
            struct value *entry = value_at(s->result.table, s->next++);
            struct buf path = {0};
            if (value_get(entry, "resources"))
                continue;
            kube_path_version(&path, value_get_text(entry, "group"),
                              value_get_text(entry, "version"));
            struct kube_question q = {
                .path = path.data, .timeout_ms = s->timeout_ms, .brisk = true};
            *v = (struct visit){.survey = s, .entry = entry};
            v->exchange = kube_wire_start(s->wire, &s->scratch, &q, visit_done, v);
            s->visits_left++;
            buf_free(&path);
        }
    }
    if (s->visits_left == 0)
        survey_end(s);
}

// Adds what a root answered. The core, or everything else, may be refused or not be there.
static void root_add(struct kube_survey *s, size_t which)
{
    const struct kube_answer *a = &s->roots[which].answer;
    bool absent = a->status == 403 || a->status == 404;
    if (!a->error && a->status == 200 &&
        kube_discovery_add(&s->result.memory, s->result.table, a->value, NULL))
        return;
    if (!absent && s->result.failure == NULL)
        s->result.failure = a;
    missing_add(s, root_paths[which]);
}

static void root_done(const struct kube_answer *answer, void *arg)
{
    struct root *root = arg;
    struct kube_survey *s = root->survey;
    root->exchange = NULL;
    root->answer = *answer;
    if (--s->roots_left)
        return;
    for (size_t i = 0; i < ROOTS; i++)
        root_add(s, i);
    if (s->result.failure == NULL && value_count(s->result.table) == 0)
        s->result.failure = &s->roots[0].answer;
    if (s->result.failure)
        survey_end(s);
    else
        visit_more(s);
}

struct kube_survey *kube_survey_start(struct kube_wire *wire, int64_t timeout_ms,
                                      kube_survey_done *done, void *arg)
{
    struct kube_survey *s = mem_alloc(sizeof *s);
    *s = (struct kube_survey){.wire = wire, .timeout_ms = timeout_ms, .done = done, .arg = arg};
    s->result.table = value_array(&s->result.memory);
    s->result.missing = "";
    s->roots_left = ROOTS;
    for (size_t i = 0; i < ROOTS; i++) {
        struct kube_question q = {
            .path = root_paths[i], .accept = accept_both, .timeout_ms = timeout_ms};
        s->roots[i].survey = s;
        s->roots[i].exchange = kube_wire_start(wire, &s->scratch, &q, root_done, &s->roots[i]);
    }
    return s;
}

void kube_survey_cancel(struct kube_survey *s)
{
    for (size_t i = 0; i < ROOTS; i++)
        if (s->roots[i].exchange)
            kube_exchange_cancel(s->roots[i].exchange);
    for (size_t i = 0; i < VISITS; i++)
        if (s->visits[i].exchange)
            kube_exchange_cancel(s->visits[i].exchange);
    survey_free(s);
}
