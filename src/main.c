// main: arguments -> verb -> exit code.
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/likely.h"
#include "base/memory.h"
#include "cli/sandbox.h"
#include "cli/verbs.h"

const struct verb verbs[] = {
    {"run", run_main, "FILE [PHASE...]",
     "run it, all phases or those named (`run` may be left out)"},
    {"plan", plan_main, "FILE [PHASE...]", "what it would do; changes nothing"},
    {"apply", apply_main, "PLAN.json", "run a plan that was approved, and nothing else"},
    {"resume", resume_main, "[RUN]", "go on with a run that stopped; the latest, or the one named"},
    {"rollback", rollback_main, "RUN", "undo what a run did, last first"},
    {"runs", runs_main, "", "what ran, when, by whom"},
    {"show", show_main, "[RUN] [--source] [--output json]", "one run: every step and effect"},
    {"check", check_main, "FILE", "load it and print its outline"},
    {"new", new_main, "NAME", "start a new runbook"},
    {"sandbox", sandbox_main, "WORLD.lua [--fault NAME[@WEIGHT]]... [--dir DIR] [--for DURATION]",
     "serve a pretend world on loopback"},
    {"version", version_main, "", "print the version"},
    {"help", help_main, "[VERB|libraries|exit]",
     "this text, or one verb's, or the libraries to require, or the exit codes"},
    {"completion", completion_main, "bash|zsh|fish", "print a completion script"},
    {NULL, NULL, NULL, NULL},
};

// A bare word that names no file was meant as a verb.
static int no_verb(const char *word)
{
    struct likely likely = {.word = word};
    for (const struct verb *v = verbs; v->name; v++)
        likely_try(&likely, v->name, strlen(v->name));
    fprintf(stderr, "runbook: there is no verb and no file '%s'", word);
    if (likely.best)
        fprintf(stderr, " (did you mean '%s'?)\n", likely.best);
    else
        fputs("; `runbook help` lists what there is\n", stderr);
    return 2;
}

// Was something printed that did not arrive, as on a full disk? Who closed the pipe has seen
// enough.
static bool output_lost(void)
{
    bool lost = fflush(stdout) != 0 || ferror(stdout);
    struct pollfd reader = {.fd = STDOUT_FILENO};
    return lost && (poll(&reader, 1, 0) <= 0 || !(reader.revents & (POLLERR | POLLNVAL)));
}

// Runs the verb. The code of one that changes the world tells what became of it, and stands.
static int verb_call(int (*verb)(int, char **), int argc, char **argv)
{
    bool changes =
        verb == run_main || verb == apply_main || verb == resume_main || verb == rollback_main;
    int code = verb(argc, argv);
    if (!output_lost())
        return code;
    fputs("runbook: what was printed could not be written to the end; is its disk full?\n", stderr);
    return code == 0 && !changes ? 1 : code;
}

int main(int argc, char **argv)
{
    memory_reserve();
    signal(SIGXFSZ, SIG_IGN); // a file that may not grow is the error of one write
    // What OpenSSL makes goes with the process: nobody would wait for it to be taken apart.
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
    if (argc < 2) {
        fputs("runbook: wants a runbook file or a verb; `runbook help` lists what there is\n",
              stderr);
        return 2;
    }
    if (strcmp(argv[1], "--version") == 0)
        return version_main(argc - 1, argv + 1);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return help_main(argc - 1, argv + 1);
    for (const struct verb *v = verbs; v->name; v++)
        if (strcmp(argv[1], v->name) == 0)
            return verb_call(v->main, argc - 1, argv + 1);
    if (*argv[1] != '-' && strpbrk(argv[1], "./") == NULL && access(argv[1], F_OK) != 0)
        return no_verb(argv[1]);
    return verb_call(run_main, argc, argv); // a file: the verb may be left out
}
