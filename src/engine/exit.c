#include "engine/exit.h"

// script/reference and tests/system/test_docs.sh read these rows: a text stands in one literal.
// clang-format off
const struct exit_row exit_rows[] = {
    {EXIT_DONE, "0", "done",
     "done; of `rollback RUN`: everything is undone",
     "nothing"},
    {EXIT_INTERNAL, "1", "internal",
     "an error inside runbook itself, or no room for its journal or memory; nothing had been changed",
     "make room, or report it; then `runbook resume`, or after a rollback run it anew"},
    {EXIT_USAGE, "2", "usage",
     "wrong usage, or a parameter is missing or wrong",
     "mend the command line"},
    {EXIT_LOAD, "3", "load",
     "the runbook does not load",
     "mend the runbook; `runbook check FILE` loads it alone"},
    {EXIT_CHECK, "4", "check",
     "a check failed, and nothing had been changed",
     "mend the cause, then `runbook resume`, or after a rollback run it anew"},
    {EXIT_ROLLED_BACK, "5", "rolled-back",
     "failed, and everything it changed was rolled back",
     "mend the cause, then run it anew"},
    {EXIT_NOT_ROLLED_BACK, "6", "not-rolled-back",
     "failed, and something it changed was not rolled back",
     "`runbook resume` goes on, `runbook rollback RUN` takes back what stands"},
    {EXIT_IN_DOUBT, "7", "in-doubt",
     "a change was sent, and its outcome is not known",
     "look whether it took effect, then `runbook resume --resolve SEQ=WHAT`"},
    {EXIT_DENIED, "8", "denied",
     "not approved: by a person, or by the signature that a plan should have",
     "have it approved, then `runbook resume`, or after a rollback run it anew"},
    {EXIT_LOCKED, "9", "locked",
     "another run of the same runbook and target is, or may be, under way",
     "wait for its end, or give `--lock-timeout`"},
    {EXIT_STALE, "10", "stale",
     "the plan is stale; or resumed, it takes another path than before",
     "plan anew; or `runbook rollback RUN`"},
    {EXIT_SIGNAL, "130, 143", "signal",
     "stopped by a signal: 130 by SIGINT, 143 by SIGTERM or SIGHUP",
     "`runbook resume` goes on; after a rollback run it anew"},
};
// clang-format on

const size_t exit_count = sizeof exit_rows / sizeof *exit_rows;
