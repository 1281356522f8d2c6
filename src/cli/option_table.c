#include "cli/option_table.h"

#include <assert.h>
#include <stdio.h>

#include "base/buf.h"

#define BIT(verb) (1u << VERB_##verb)

// A plan takes what a run takes, also what only tells in a run: it is made with the very line that
// is going to be run.
enum {
    GO_ON = BIT(RESUME) | BIT(ROLLBACK),
    STARTS = BIT(RUN) | BIT(PLAN) | BIT(APPLY) | GO_ON,
    LOADS = STARTS | BIT(CHECK),
    SELECTS = BIT(RUN) | BIT(PLAN) | BIT(CHECK),
    LOOKS = BIT(RUNS) | BIT(SHOW),
    ALL = LOADS | LOOKS,
};

static const char fixed[] = "what is to be run stands in the plan, or on record: plan anew with it",
                  stopped[] = "it belongs to a run that stopped: `runbook resume RUN ...`",
                  supposes[] = "it belongs to a plan: `runbook plan FILE ...`",
                  looks[] = "`runbook show RUN` tells what a run has done";

const struct option_row option_rows[] = {
    {"set", true, OPT_SET, LOADS, NULL},
    {"values", true, OPT_VALUES, LOADS, NULL},
    {"dry-run", false, OPT_DRY_RUN, BIT(RUN) | BIT(PLAN) | BIT(APPLY), looks},
    {"yes", false, OPT_YES, STARTS, NULL},
    {"no-input", false, OPT_NO_INPUT, STARTS, NULL},
    {"from", true, OPT_FROM, SELECTS, fixed},
    {"only", true, OPT_ONLY, SELECTS, fixed},
    {"output", true, OPT_OUTPUT, STARTS | LOOKS, NULL},
    {"report", true, OPT_REPORT, STARTS, NULL},
    {"kubeconfig", true, OPT_KUBECONFIG, LOADS, NULL},
    {"context", true, OPT_CONTEXT, LOADS, NULL},
    {"color", true, OPT_COLOR, ALL, NULL},
    {"verbose", false, OPT_VERBOSE, LOADS, NULL},
    {"quiet", false, OPT_QUIET, LOADS, NULL},
    {"debug", false, OPT_DEBUG, LOADS, NULL},
    {"detailed-exitcode", false, OPT_DETAILED, BIT(PLAN), NULL},
    {"journal", true, OPT_JOURNAL, ALL, NULL},
    {"lock-timeout", true, OPT_LOCK_TIMEOUT, STARTS, NULL},
    {"lease", true, OPT_LEASE, STARTS, NULL},
    {"resolve", true, OPT_RESOLVE, GO_ON, stopped},
    {"undo-patience", true, OPT_UNDO_PATIENCE, STARTS, NULL},
    {"upgrade", false, OPT_UPGRADE, GO_ON, stopped},
    {"source", false, OPT_SOURCE, BIT(SHOW), NULL},
    {"allow", true, OPT_ALLOW, LOADS, NULL},
    {"deny", true, OPT_DENY, LOADS, NULL},
    {"permissions", false, OPT_PERMISSIONS, BIT(CHECK), NULL},
    {"max-memory", true, OPT_MAX_MEMORY, LOADS, NULL},
    {"max-seconds", true, OPT_MAX_SECONDS, LOADS, NULL},
    {"out", true, OPT_OUT, BIT(PLAN), NULL},
    {"sign", true, OPT_SIGN, BIT(PLAN), NULL},
    {"require-signature", true, OPT_REQUIRE_SIGNATURE, BIT(APPLY), NULL},
    {"offline", false, OPT_OFFLINE, BIT(PLAN) | BIT(CHECK), supposes},
    {"world", true, OPT_WORLD, BIT(PLAN), supposes},
    {"assume-failure", true, OPT_ASSUME_FAILURE, BIT(PLAN), supposes},
    {"help", false, OPT_HELP, ALL, NULL},
};
const size_t option_count = sizeof option_rows / sizeof *option_rows;
_Static_assert(sizeof option_rows / sizeof *option_rows <= 64, "a bit for each");

static const char *const verb_names[] = {
    [VERB_RUN] = "run",       [VERB_PLAN] = "plan",         [VERB_APPLY] = "apply",
    [VERB_RESUME] = "resume", [VERB_ROLLBACK] = "rollback", [VERB_RUNS] = "runs",
    [VERB_SHOW] = "show",     [VERB_CHECK] = "check",
};
enum { VERBS = sizeof verb_names / sizeof *verb_names };

uint64_t option_bit(int code)
{
    size_t i = 0;
    while (i < option_count && option_rows[i].code != code)
        i++;
    assert(i < option_count);
    return (uint64_t)1 << i;
}

// "run, plan and check"
static void put_verbs(struct buf *text, unsigned verbs)
{
    for (unsigned v = 0, left = verbs; v < VERBS; v++) {
        if (!(verbs & 1u << v))
            continue;
        left &= ~(1u << v);
        buf_printf(text, "%s%s", verb_names[v],
                   left == 0           ? ""
                   : left & (left - 1) ? ", "
                                       : " and ");
    }
}

static void refuse(const struct option_row *o, enum option_verb verb)
{
    struct buf text = {0};
    put_verbs(&text, o->verbs);
    fprintf(stderr, "runbook: %s takes no --%s, so nothing was done; it is for %s%s%s\n",
            verb_names[verb], o->name, buf_text(&text), o->instead ? ". " : "",
            o->instead ? o->instead : "");
    buf_free(&text);
}

bool option_all_fit(uint64_t given, enum option_verb verb)
{
    for (size_t i = 0; i < option_count; i++) {
        if (!(given >> i & 1) || option_rows[i].verbs & 1u << verb)
            continue;
        refuse(&option_rows[i], verb);
        return false;
    }
    return true;
}
