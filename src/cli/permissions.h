// permissions: the rules of a run, put together from its runbook and the command line; and the
// smallest list of them, out of what a plan asked for.
#pragma once

#include "base/error.h"
#include "base/value.h"

struct redact;
struct run;

// Gives the run its rules. `texts` ({ name: text } of the parameters, secret ones too) fills their
// ${name}s; NULL while they are not known yet. False with `err` set when a line is no rule or names
// no parameter.
bool permissions_set(struct run *, const struct value *texts, struct error *err);
// May the parameters come from where they say, by environment name and file? False with `err` set.
bool permissions_check_sources(struct run *, struct error *err);
// Prints the smallest `allow` for the needs of the plan that was walked, with parameters in place
// of their values (`texts`, as above), and no secret.
void permissions_print(const struct run *, const struct value *texts, const struct redact *secrets);
// The line of these parts of a rule, as rule_line, with no secret in it.
const char *permissions_line(const struct run *, const struct value *texts, const struct redact *,
                             struct arena *, const struct value *parts);
