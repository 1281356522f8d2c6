// options: what stands on the command line of a verb that loads a runbook.
#pragma once

#include <stdbool.h>

#include "cli/option_table.h"
#include "engine/run.h"
#include "record/terminal.h"

struct options {
    struct arena arena; // owns the lists
    struct run_options run;
    const char **set; // "key=value", NULL-terminated
    const char *values_file;
    bool values_kept; // the journal or a plan names it, not the command line
    bool values_pretended, kubeconfig_pretended; // a world's, which are gone with it
    int64_t lock_timeout_ms;                     // how long to wait for another run's lock
    const char **resolve;                        // "SEQ=done|not-done|retry", NULL-terminated
    bool upgrade, source, json;
    const char *sign;              // plan -o: the key to sign with
    const char *require_signature; // apply: the public key
    const struct value *approval;  // the plan that the run is held to (record/planfile); or NULL
    const struct value *approved;  // { module: { chunk, text } }: what it was found to be made of
    bool silent;                   // nothing is shown
    const char **allow, **deny;    // rules, NULL-terminated; also in `run`
    const char **reports;          // paths
    int report_count;
    const char *output; // "text", "ndjson", "json", "markdown", "html"; NULL: text
    bool ndjson, plan, help, permissions;
    bool detailed_exitcode;
    enum terminal_detail detail;
    enum terminal_color color;
};

// Reads argv (argv[0] is the verb). False when it is wrong, or has an option that the verb does not
// take: the message has been printed.
bool options_read(struct options *, int argc, char **argv, enum option_verb);
// The same for verbs that work on the journal: what is no option is a run's id, in run.file (may be
// NULL).
bool options_read_run(struct options *, int argc, char **argv, enum option_verb);
void options_free(struct options *);
