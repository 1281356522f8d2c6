// runs and show: what ran, when, by whom, and every effect of it.
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/duration.h"
#include "base/json.h"
#include "base/userinfo.h"
#include "cli/say.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "engine/journal.h"

enum { MOST_RUNS = 50 };

static const char *when(int64_t ms, char *out, size_t size)
{
    time_t at = (time_t)(ms / 1000);
    struct tm t;
    if (ms == 0 || localtime_r(&at, &t) == NULL)
        snprintf(out, size, "%s", "");
    else
        strftime(out, size, "%Y-%m-%d %H:%M:%S", &t);
    return out;
}

// A run without an end is either under way or was killed; only its lock could tell.
static const char *outcome_of(const struct value *run)
{
    const char *outcome = value_get_text(run, "outcome");
    return *outcome ? outcome : "open";
}

static void print_json(const struct value *v)
{
    struct buf text = {0};
    json_write(&text, v, JSON_PRETTY);
    puts(buf_text(&text));
    buf_free(&text);
}

static void print_runs(const struct value *runs)
{
    char at[32], code[24];
    for (size_t i = 0; i < value_count(runs); i++) {
        const struct value *r = value_at(runs, i), *exit = value_get(r, "exit");
        snprintf(code, sizeof code, "-"); // one that is open has none
        if (exit && exit->type == VALUE_INT)
            snprintf(code, sizeof code, "%lld", (long long)exit->integer);
        printf("%-23s %-19s %-10s %-8s %3s  %s\n", value_get_text(r, "id"),
               when(value_get_int(r, "started", 0), at, sizeof at), value_get_text(r, "user"),
               outcome_of(r), code, value_get_text(r, "name"));
    }
    if (value_count(runs) == 0)
        puts("no run is on record");
}

static const char *state_of(const struct value *effect)
{
    static const char *const names[] = {[JOURNAL_STARTED] = "IN DOUBT",
                                        [JOURNAL_DONE] = "done",
                                        [JOURNAL_FAILED] = "failed",
                                        [JOURNAL_CANCELLED] = "cancelled",
                                        [JOURNAL_REFUSED] = "refused"};
    int64_t state = value_get_int(effect, "state", 0);
    bool write = strcmp(value_get_text(effect, "access"), "write") == 0;
    if (value_get_int(effect, "in_doubt", 0))
        return "IN DOUBT";
    if (state == JOURNAL_STARTED && !write)
        return "begun";
    return state >= 0 && state <= JOURNAL_REFUSED ? names[state] : "unknown";
}

static void print_effect(const struct value *e)
{
    char time[64] = "";
    int64_t started = value_get_int(e, "started", 0), ended = value_get_int(e, "ended", 0);
    if (ended)
        duration_format(ended - started, time, sizeof time);
    printf("  %6lld  %-5s %-9s %7s  %s", (long long)value_get_int(e, "seq", 0),
           value_get_text(e, "access"), state_of(e), time, value_get_text(e, "summary"));
    if (*value_get_text(e, "answer"))
        printf("  (%s)", value_get_text(e, "answer"));
    if (*value_get_text(e, "error"))
        printf("\n          %s", value_get_text(e, "error"));
    if (strcmp(state_of(e), "IN DOUBT") == 0 && *value_get_text(e, "args"))
        printf("\n          sent: %s", value_get_text(e, "args"));
    printf("\n");
}

// An undo's effects belong to one rollback of several.
static void print_effects(const struct value *effects, const char *step, int64_t generation)
{
    for (size_t i = 0; i < value_count(effects); i++) {
        const struct value *e = value_at(effects, i);
        int64_t of = value_get_int(e, "generation", 0);
        bool clock = strcmp(value_get_text(e, "kind"), "time.now") == 0;
        if (strcmp(value_get_text(e, "step"), step) == 0 && of == generation && !clock)
            print_effect(e);
    }
}

static void print_rules(const char *what, const struct value *rules)
{
    for (size_t i = 0; i < value_count(rules); i++)
        printf("%s: \"%s\"\n", what, value_text(value_at(rules, i)));
}

static void print_run(const struct value *all)
{
    char at[32];
    const struct value *run = value_get(all, "run"), *steps = value_get(all, "steps"),
                       *effects = value_get(all, "effects"), *undos = value_get(all, "undos");
    printf("%s  %s  %s\n", value_get_text(run, "id"), value_get_text(run, "name"), outcome_of(run));
    printf("of %s, by %s on %s, %s", value_get_text(run, "file"), value_get_text(run, "user"),
           value_get_text(run, "host"), when(value_get_int(run, "started", 0), at, sizeof at));
    printf(" to %s\n%s\n", when(value_get_int(run, "ended", 0), at, sizeof at),
           value_get_text(run, "headline"));
    print_rules("allowed beside its own rules", value_get(value_get(run, "options"), "allow"));
    print_rules("denied", value_get(value_get(run, "options"), "deny"));
    for (size_t i = 0; i < value_count(steps); i++) {
        const struct value *s = value_at(steps, i);
        printf("\n%s / %s  %s\n", value_get_text(s, "phase"), value_get_text(s, "step"),
               value_get_text(s, "state"));
        if (*value_get_text(s, "error"))
            printf("  %s\n", value_get_text(s, "error"));
        print_effects(effects, value_get_text(s, "step"), 0);
    }
    for (size_t i = 0; i < value_count(undos); i++) {
        const struct value *u = value_at(undos, i);
        printf("\nundo of %s  %s\n", value_get_text(u, "step"), value_get_text(u, "outcome"));
        print_effects(effects, value_get_text(u, "step"), value_get_int(u, "generation", 1));
    }
}

// [ { module, file, text } ] of what a run was loaded from, the runbook itself first: it is no
// module.
static struct value *sources_of(struct arena *a, const struct value *sources)
{
    struct value *list = value_array(a);
    for (size_t i = 0; i < value_count(sources); i++) {
        const struct value_member *m = &sources->object.members[i];
        const struct value *text = value_get(m->value, "text");
        struct value *row = value_object(a);
        size_t len;
        const char *shown = userinfo_hidden(a, text->string.text, text->string.len, &len);
        value_set(a, row, "module", *m->key ? value_string(a, m->key) : value_null(a));
        const char *chunk = value_get_text(m->value, "chunk"); // as Lua has it
        value_set(a, row, "file", value_string(a, chunk + (*chunk == '@')));
        value_set(a, row, "text", value_bytes(a, shown, len));
        value_push(a, list, row);
    }
    return list;
}

static void print_sources(const struct value *list)
{
    for (size_t i = 0; i < value_count(list); i++) {
        const char *module = value_get_text(value_at(list, i), "module");
        printf("-- %s\n%s\n", *module ? module : "the runbook",
               value_get_text(value_at(list, i), "text"));
    }
}

static int show(struct store *store, const struct options *o, struct arena *a)
{
    error_local(err);
    struct history h;
    struct value *all = NULL, *latest = o->run.file ? NULL : history_list(store, 1, a, &err);
    const char *id = o->run.file ? o->run.file : value_get_text(value_at(latest, 0), "id");
    if (latest && *id == '\0')
        error_set(&err, "no run is on record in %s", store_path(store));
    else if (*id && history_find(store, id, a, &h, &err))
        all = history_show(store, &h, a, &err);
    if (all == NULL) {
        say(NULL, "%s", error_text(&err));
        return EXIT_USAGE;
    }
    if (o->source && o->json)
        print_json(sources_of(a, h.sources));
    else if (o->source)
        print_sources(sources_of(a, h.sources));
    else if (o->json)
        print_json(all);
    else
        print_run(all);
    return EXIT_DONE;
}

static int list(struct store *store, const struct options *o, struct arena *a)
{
    error_local(err);
    if (o->run.file) {
        fprintf(stderr, "runbook: runs lists them all; one of them is seen by: runbook show %s\n",
                o->run.file);
        return EXIT_USAGE;
    }
    struct value *runs = history_list(store, MOST_RUNS, a, &err);
    if (runs == NULL) {
        say(NULL, "%s", error_text(&err));
        return EXIT_INTERNAL;
    }
    if (o->json)
        print_json(runs);
    else
        print_runs(runs);
    return EXIT_DONE;
}

// What they print is either for people or for programs.
static int refuse_output(const struct options *o)
{
    if (o->output == NULL || o->json || strcmp(o->output, "text") == 0)
        return 0;
    fprintf(stderr,
            "runbook: runs and show print text or json, not %s; `--report FILE` of the run "
            "itself writes the others\n",
            o->output);
    return EXIT_USAGE;
}

static int verb(int argc, char **argv, enum option_verb verb,
                int (*act)(struct store *, const struct options *, struct arena *))
{
    struct options o = {0};
    struct arena a = {0};
    int code = EXIT_USAGE;
    if (options_read_run(&o, argc, argv, verb)) {
        struct store *store = NULL;
        code = o.help ? help_main(2, (char *[]){(char *)"help", argv[0], NULL}) : refuse_output(&o);
        if (code == 0 && !o.help)
            code = session_store(&o, &store);
        if (store)
            code = act(store, &o, &a);
        store_close(store);
    }
    arena_free(&a);
    options_free(&o);
    return code;
}

int runs_main(int argc, char **argv)
{
    return verb(argc, argv, VERB_RUNS, list);
}

int show_main(int argc, char **argv)
{
    return verb(argc, argv, VERB_SHOW, show);
}
