// help, version, completion: the tool about itself.
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/embedded.h"
#include "cli/verbs.h"
#include "engine/exit.h"

static const char options_text[] =
    "options of run, plan, apply, check, resume and rollback\n"
    "  --set KEY=VALUE        give a parameter; may be repeated\n"
    "  --values FILE.yaml     give parameters from a file\n"
    "  -n, --dry-run          the same as plan; apply: only look whether it still holds\n"
    "  -y, --yes              give every approval\n"
    "  --no-input             never ask; what needs an answer fails\n"
    "  -o, --out PLAN.json    plan: write it down, to be approved and applied\n"
    "  --sign KEY             plan -o: sign it with an Ed25519 key (PEM)\n"
    "  --require-signature PUB  apply: refuse a plan that this key did not sign\n"
    "  --from STEP            begin at this step (\"step\" or \"phase/step\")\n"
    "  --only STEP            run this step alone\n"
    "  --output FORMAT        to standard output: text, ndjson, json, markdown or html\n"
    "  --report FILE          write a report; .html, .md, .xml (JUnit) or .json; may be repeated\n"
    "  --journal FILE         where runs are kept; none: keep nothing\n"
    "  --lock-timeout TIME    wait for another run of the same runbook and target\n"
    "  --lease NAMESPACE/NAME hold this Kubernetes Lease instead of the runbook's; none: no lease\n"
    "  --undo-patience TIME   try an undo again for so long while nobody answers it (default 10m)\n"
    "  --resolve SEQ=WHAT     resume, rollback: of an effect in doubt: done, not-done or retry\n"
    "  --upgrade              resume, rollback: take the runbook as it is now, if what was done "
    "fits\n"
    "  --kubeconfig FILE      instead of KUBECONFIG\n"
    "  --context NAME         of the kubeconfig\n"
    "  -v, --verbose          show every effect;  -q, --quiet: only failures and the end\n"
    "  --color WHEN           auto, always or never; NO_COLOR is respected\n"
    "  --offline              plan: no network; declared answers and what is planned count alone\n"
    "  --world WORLD.lua      plan: the same, and this sandbox answers, inside the process\n"
    "  --assume-failure STEP  plan: what follows if this step fails at its end\n"
    "  --detailed-exitcode    plan: 0 nothing to change, 2 changes, 1 a problem\n"
    "  --allow RULE           let it touch more than the runbook declares; may be repeated\n"
    "  --deny RULE            let it touch less, as \"http * https://x.example\"\n"
    "  --permissions          check: write the smallest `allow` out of a plan\n"
    "  --max-memory SIZE      that Lua may use, as 512MB (default 256MB)\n"
    "  --max-seconds N        that Lua may run in a step, waits not counted (default 60)\n"
    "  --debug                show Lua tracebacks\n";

// `help exit`, in full; otherwise a line each.
static int print_exits(bool full)
{
    puts("exit codes");
    for (size_t i = 0; i < exit_count; i++) {
        const struct exit_row *row = &exit_rows[i];
        if (full)
            printf("  %-8s  %-15s  %s\n%29snext: %s\n", row->shown, row->name, row->sentence, "",
                   row->next);
        else
            printf("  %-8s  %s\n", row->shown, row->sentence);
    }
    return EXIT_DONE;
}

static void print_options(void)
{
    printf("\n%s\n", options_text);
    print_exits(false);
}

// What stands deeper, "runbook.world.promql", is a part of a library or of sandboxes.
static int print_libraries(void)
{
    for (size_t i = 0; i < embedded_count; i++) {
        const char *name = embedded_files[i].module;
        if (strncmp(name, "runbook.", 8) == 0 && strchr(name + 8, '.') == NULL)
            printf("require \"%s\"\n", name);
    }
    return EXIT_DONE;
}

static void print_verb(const struct verb *v)
{
    printf("  runbook %s%s%s\n      %s\n", v->name, *v->arguments ? " " : "", v->arguments,
           v->summary);
}

static bool takes_options(const struct verb *v)
{
    return v->main == run_main || v->main == plan_main || v->main == check_main ||
           v->main == resume_main || v->main == apply_main || v->main == rollback_main;
}

static int print_one(const char *name)
{
    for (const struct verb *v = verbs; v->name; v++) {
        if (strcmp(v->name, name) != 0)
            continue;
        print_verb(v);
        if (takes_options(v))
            print_options();
        return EXIT_DONE;
    }
    fprintf(stderr, "runbook: there is no '%s'; `runbook help` lists what there is\n", name);
    return EXIT_USAGE;
}

int help_main(int argc, char **argv)
{
    if (argc > 2) {
        fprintf(stderr, "runbook: help takes one word, and not '%s' as well\n", argv[2]);
        return EXIT_USAGE;
    }
    if (argc > 1 && strcmp(argv[1], "libraries") == 0)
        return print_libraries();
    if (argc > 1 && strcmp(argv[1], "exit") == 0)
        return print_exits(true);
    if (argc > 1)
        return print_one(argv[1]);
    printf("runbook %s: runs operational procedures written in Lua\n\n", RUNBOOK_VERSION);
    for (const struct verb *v = verbs; v->name; v++)
        print_verb(v);
    print_options();
    return EXIT_DONE;
}

int version_main(int argc, char **argv)
{
    bool help = argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    if (help)
        return print_one("version");
    if (argc > 1) {
        fprintf(stderr, "runbook: version takes nothing, and not '%s'\n", argv[1]);
        return EXIT_USAGE;
    }
    printf("runbook %s\n", RUNBOOK_VERSION);
    return EXIT_DONE;
}
