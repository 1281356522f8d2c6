// option_table: every option of the command line, and the verbs that take it. One that a verb does
// not take would be swallowed, and its user mean something else than what is done.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_code {
    OPT_OUT = 'o',
    OPT_HELP = 'h',
    OPT_DRY_RUN = 'n',
    OPT_QUIET = 'q',
    OPT_VERBOSE = 'v',
    OPT_YES = 'y',
    OPT_SET = 256,
    OPT_VALUES,
    OPT_NO_INPUT,
    OPT_FROM,
    OPT_ONLY,
    OPT_OUTPUT,
    OPT_REPORT,
    OPT_KUBECONFIG,
    OPT_CONTEXT,
    OPT_COLOR,
    OPT_DEBUG,
    OPT_DETAILED,
    OPT_JOURNAL,
    OPT_LOCK_TIMEOUT,
    OPT_LEASE,
    OPT_RESOLVE,
    OPT_UNDO_PATIENCE,
    OPT_UPGRADE,
    OPT_SOURCE,
    OPT_MAX_MEMORY,
    OPT_MAX_SECONDS,
    OPT_SIGN,
    OPT_REQUIRE_SIGNATURE,
    OPT_ASSUME_FAILURE,
    OPT_OFFLINE,
    OPT_WORLD,
    OPT_ALLOW,
    OPT_DENY,
    OPT_PERMISSIONS,
};

// The verbs that have options. `run -n` is a plan.
enum option_verb {
    VERB_RUN,
    VERB_PLAN,
    VERB_APPLY,
    VERB_RESUME,
    VERB_ROLLBACK,
    VERB_RUNS,
    VERB_SHOW,
    VERB_CHECK,
};

struct option_row {
    const char *name; // without the dashes
    bool has_value;
    int code;            // enum option_code; a letter where it has a short form
    unsigned verbs;      // a bit for each enum option_verb
    const char *instead; // what else there is for who gives it to another verb, or NULL
};

extern const struct option_row option_rows[];
extern const size_t option_count; // at most 64

// The row's bit in a set of options.
uint64_t option_bit(int code);
// Whether the verb takes every option of the set; the first that it does not take is told.
bool option_all_fit(uint64_t given, enum option_verb);
