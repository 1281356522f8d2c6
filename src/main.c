// main: arguments -> verb -> exit code.
#include <stdio.h>
#include <string.h>

#include "cli/sandbox.h"
#include "cli/verbs.h"

const struct verb verbs[] = {
    {"run", run_main, "FILE [PHASE...]",
     "run it, all phases or those named (`run` may be left out)"},
    {"plan", plan_main, "FILE [PHASE...]", "what it would do; changes nothing"},
    {"resume", resume_main, "[RUN]", "go on with a run that stopped; the latest, or the one named"},
    {"rollback", rollback_main, "RUN", "undo what a run did, last first"},
    {"runs", runs_main, "", "what ran, when, by whom"},
    {"show", show_main, "[RUN] [--output json | --source]", "one run: every step and effect"},
    {"check", check_main, "FILE", "load it and print its outline"},
    {"new", new_main, "NAME", "start a new runbook"},
    {"sandbox", sandbox_main, "WORLD.lua [--fault NAME[@WEIGHT]]... [--dir DIR] [--for DURATION]",
     "serve a pretend world on loopback"},
    {"version", version_main, "", "print the version"},
    {"help", help_main, "[VERB|libraries]",
     "this text, or one verb's, or the libraries to require"},
    {"completion", completion_main, "bash|zsh|fish", "print a completion script"},
    {NULL, NULL, NULL, NULL},
};

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("runbook: wants a runbook file or a verb; `runbook help` lists what there is\n",
              stderr);
        return 2;
    }
    if (strcmp(argv[1], "--version") == 0)
        return version_main(1, argv);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return help_main(1, argv);
    for (const struct verb *v = verbs; v->name; v++)
        if (strcmp(argv[1], v->name) == 0)
            return v->main(argc - 1, argv + 1);
    return run_main(argc, argv); // a file: the verb may be left out
}
