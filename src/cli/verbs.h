// verbs: what can stand after `runbook`. Each gets its own argv (argv[0] is the verb) and returns
// the exit code; one file a verb.
#pragma once

int run_main(int argc, char **argv);        // runbook [run] FILE [PHASE...]
int plan_main(int argc, char **argv);       // runbook plan FILE [PHASE...]
int apply_main(int argc, char **argv);      // runbook apply PLAN.json
int resume_main(int argc, char **argv);     // runbook resume [RUN]
int rollback_main(int argc, char **argv);   // runbook rollback RUN
int runs_main(int argc, char **argv);       // runbook runs
int show_main(int argc, char **argv);       // runbook show [RUN]
int check_main(int argc, char **argv);      // runbook check FILE
int new_main(int argc, char **argv);        // runbook new NAME
int version_main(int argc, char **argv);    // runbook version
int help_main(int argc, char **argv);       // runbook help [VERB|libraries]
int completion_main(int argc, char **argv); // runbook completion bash|zsh|fish

struct verb {
    const char *name;
    int (*main)(int argc, char **argv);
    const char *arguments, *summary;
};
extern const struct verb verbs[]; // ends with a NULL name
