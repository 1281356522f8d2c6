#include "cli/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/duration.h"
#include "base/likely.h"
#include "cli/option_table.h"
#include "cli/option_value.h"
#include "engine/undo_retry.h"

static void append(struct arena *a, const char ***list, const char *text)
{
    size_t count = 0;
    while (*list && (*list)[count])
        count++;
    const char **longer = arena_alloc(a, (count + 2) * sizeof *longer);
    if (count)
        memcpy(longer, *list, count * sizeof *longer);
    longer[count] = text;
    *list = longer;
}

static bool wrong(const char *format, const char *text)
{
    fputs("runbook: ", stderr);
    fprintf(stderr, format, text); // NOLINT: the formats are the literals below
    fputs("; `runbook help` lists what there is\n", stderr);
    return false;
}

static bool read_one(struct options *o, int c)
{
    switch (c) {
    case OPT_SET:
        if (strchr(optarg, '=') == NULL)
            return wrong("--set wants key=value, not '%s'", optarg);
        append(&o->arena, &o->set, optarg);
        return true;
    case OPT_VALUES:
        if (o->values_file)
            return wrong("a second --values (%s) would take the place of the first; put both into "
                         "one file",
                         optarg);
        o->values_file = optarg;
        return true;
    case OPT_DRY_RUN:
        o->plan = true;
        return true;
    case OPT_YES:
        o->run.yes = true;
        return true;
    case OPT_NO_INPUT:
        o->run.no_input = true;
        return true;
    case OPT_FROM:
        o->run.from = optarg;
        return true;
    case OPT_ONLY:
        o->run.only = optarg;
        return true;
    case OPT_OUTPUT:
        if (!option_is_output(optarg))
            return wrong("--output is text, ndjson, json, markdown or html, not '%s'", optarg);
        o->output = optarg;
        o->ndjson = strcmp(optarg, "ndjson") == 0;
        o->json = strcmp(optarg, "json") == 0;
        o->run.unseen = strcmp(optarg, "text") != 0;
        return true;
    case OPT_REPORT:
        append(&o->arena, &o->reports, optarg);
        o->report_count++;
        return true;
    case OPT_KUBECONFIG:
        o->run.kubeconfig = optarg;
        return true;
    case OPT_CONTEXT:
        o->run.context = optarg;
        return true;
    case OPT_COLOR:
        if (strcmp(optarg, "always") == 0)
            o->color = TERMINAL_ALWAYS;
        else if (strcmp(optarg, "never") == 0)
            o->color = TERMINAL_NEVER;
        else if (strcmp(optarg, "auto") != 0)
            return wrong("--color is auto, always or never, not '%s'", optarg);
        return true;
    case OPT_VERBOSE:
        o->detail = TERMINAL_VERBOSE;
        return true;
    case OPT_QUIET:
        o->detail = TERMINAL_QUIET;
        return true;
    case OPT_DEBUG:
        o->run.debug = true;
        return true;
    case OPT_DETAILED:
        o->detailed_exitcode = true;
        return true;
    case OPT_JOURNAL:
        o->run.journal = optarg;
        return true;
    case OPT_LOCK_TIMEOUT:
        return duration_parse(optarg, &o->lock_timeout_ms) ||
               wrong("--lock-timeout wants a length of time such as 10m, not '%s'", optarg);
    case OPT_UNDO_PATIENCE:
        return duration_parse(optarg, &o->run.undo_patience_ms) ||
               wrong("--undo-patience wants a length of time such as 10m, not '%s'", optarg);
    case OPT_LEASE:
        o->run.lease = optarg;
        return true;
    case OPT_RESOLVE:
        append(&o->arena, &o->resolve, optarg);
        return option_is_resolution(optarg) ||
               wrong("--resolve wants SEQ=done, SEQ=not-done or SEQ=retry, not '%s'", optarg);
    case OPT_ALLOW:
        append(&o->arena, &o->allow, optarg);
        o->run.allow = o->allow;
        return true;
    case OPT_DENY:
        append(&o->arena, &o->deny, optarg);
        o->run.deny = o->deny;
        return true;
    case OPT_PERMISSIONS:
        o->permissions = true;
        return true;
    case OPT_MAX_MEMORY:
        return option_read_memory(optarg, &o->run.max_memory) ||
               wrong("--max-memory wants at least 4MB, as in 512MB or 2GB, not '%s'", optarg);
    case OPT_MAX_SECONDS:
        return option_read_seconds(optarg, &o->run.max_seconds) ||
               wrong("--max-seconds wants a number of seconds from 0.01 to 86400, not '%s'",
                     optarg);
    case OPT_UPGRADE:
        o->upgrade = true;
        return true;
    case OPT_SOURCE:
        o->source = true;
        return true;
    case OPT_OUT:
        o->run.out = optarg;
        return true;
    case OPT_SIGN:
        o->sign = optarg;
        return true;
    case OPT_REQUIRE_SIGNATURE:
        o->require_signature = optarg;
        return true;
    case OPT_OFFLINE:
        o->run.offline = true;
        return true;
    case OPT_WORLD:
        o->run.world = optarg;
        o->run.offline = true;
        return true;
    case OPT_ASSUME_FAILURE:
        o->run.assume_failure = optarg;
        return true;
    case OPT_HELP:
        o->help = true;
        return true;
    default:
        return false;
    }
}

static bool unknown(const char *given)
{
    const char *name = given + strspn(given, "-");
    char word[64];
    struct buf text = {0};
    struct likely likely = {.word = word};
    snprintf(word, sizeof word, "%.*s", (int)strcspn(name, "="), name);
    for (size_t i = 0; i < option_count; i++)
        likely_try(&likely, option_rows[i].name, strlen(option_rows[i].name));
    buf_puts(&text, given);
    if (likely.best)
        buf_printf(&text, " (did you mean --%s?)", likely.best);
    wrong("there is no option %s", buf_text(&text));
    buf_free(&text);
    return false;
}

// The table as getopt reads it, in the arena.
static const struct option *longs(struct arena *a)
{
    struct option *all = arena_alloc(a, (option_count + 1) * sizeof *all);
    for (size_t i = 0; i < option_count; i++)
        all[i] = (struct option){option_rows[i].name,
                                 option_rows[i].has_value ? required_argument : no_argument, NULL,
                                 option_rows[i].code};
    all[option_count] = (struct option){0};
    return all;
}

static bool read_all(struct options *o, int argc, char **argv, enum option_verb verb)
{
    const struct option *table = longs(&o->arena);
    uint64_t given = 0;
    opterr = 0;
    o->run.undo_patience_ms = UNDO_PATIENCE_MS;
    for (int c; (c = getopt_long(argc, argv, ":nyvqho:", table, NULL)) != -1;) {
        if (c == ':')
            return wrong("%s wants a value", argv[optind - 1]);
        if (c == '?')
            return unknown(argv[optind - 1]);
        if (!read_one(o, c))
            return false;
        given |= option_bit(c);
    }
    return o->help || option_all_fit(given, verb == VERB_RUN && o->plan ? VERB_PLAN : verb);
}

bool options_read(struct options *o, int argc, char **argv, enum option_verb verb)
{
    if (!read_all(o, argc, argv, verb))
        return false;
    if (o->help)
        return true;
    if (optind >= argc)
        return wrong("%s wants the runbook file to work on", argv[0]);
    o->run.file = argv[optind++];
    if (optind < argc)
        o->run.phases = (const char *const *)&argv[optind];
    return true;
}

bool options_read_run(struct options *o, int argc, char **argv, enum option_verb verb)
{
    if (!read_all(o, argc, argv, verb))
        return false;
    o->run.file = optind < argc ? argv[optind++] : NULL;
    return optind >= argc || wrong("%s wants one run at most", argv[0]);
}

void options_free(struct options *o)
{
    arena_free(&o->arena);
}
