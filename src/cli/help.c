// help, version, completion: the tool about itself.
#include <stdio.h>
#include <string.h>

#include "base/embedded.h"
#include "cli/verbs.h"
#include "engine/run.h"

static const char options_text[] =
    "options of run, plan and check\n"
    "  --set KEY=VALUE        give a parameter; may be repeated\n"
    "  --values FILE.yaml     give parameters from a file\n"
    "  -n, --dry-run          the same as plan\n"
    "  -y, --yes              give every approval\n"
    "  --no-input             never ask; what needs an answer fails\n"
    "  --from STEP            begin at this step (\"step\" or \"phase/step\")\n"
    "  --only STEP            run this step alone\n"
    "  --output text|ndjson|json  what goes to standard output\n"
    "  --report FILE          write a report; .html, .md, .xml (JUnit) or .json; may be repeated\n"
    "  --journal FILE         where runs are kept; none: keep nothing\n"
    "  --lock-timeout TIME    wait for another run of the same runbook and target\n"
    "  --resolve SEQ=WHAT     resume: what became of an effect in doubt: done, not-done or retry\n"
    "  --upgrade              resume: take the runbook as it is now, if what was done matches\n"
    "  --kubeconfig FILE      instead of KUBECONFIG\n"
    "  --context NAME         of the kubeconfig\n"
    "  -v, --verbose          show every effect;  -q, --quiet: only failures and the end\n"
    "  --color WHEN           auto, always or never; NO_COLOR is respected\n"
    "  --detailed-exitcode    plan: 0 nothing to change, 2 changes, 1 a problem\n"
    "  --debug                show Lua tracebacks\n"
    "\n"
    "exit codes\n"
    "  0 done   1 internal error   2 wrong usage or a parameter missing   3 does not load\n"
    "  4 a check failed, nothing had been changed   5 failed, everything was rolled back\n"
    "  6 failed, something was not rolled back      7 in doubt: a change's outcome is not known\n"
    "  8 not approved   9 another run holds the lock   10 the run takes another path than before\n"
    "  130, 143 stopped by a signal\n";

static int print_libraries(void)
{
    const char *name;
    for (size_t i = 0; (name = embedded_name(i)) != NULL; i++)
        if (strncmp(name, "runbook.", 8) == 0 && strncmp(name, "runbook.world.", 14) != 0)
            printf("require \"%s\"\n", name);
    return EXIT_DONE;
}

int help_main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "libraries") == 0)
        return print_libraries();
    printf("runbook %s: runs operational procedures written in Lua\n\n", RUNBOOK_VERSION);
    for (const struct verb *v = verbs; v->name; v++)
        if (argc < 2 || strcmp(argv[1], v->name) == 0)
            printf("  runbook %s %s\n      %s\n", v->name, v->arguments, v->summary);
    printf("\n%s", options_text);
    return EXIT_DONE;
}

int version_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("runbook %s\n", RUNBOOK_VERSION);
    return EXIT_DONE;
}
