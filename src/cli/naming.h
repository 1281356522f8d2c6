// naming: which parts of a text are the value of a parameter, which are a secret; and the text with
// "${name}" or "*" in their places, as a rule has it.
#pragma once

#include "base/arena.h"
#include "base/value.h"
#include "engine/rule.h"
#include "record/redact.h"

struct naming {
    const struct value *declared; // { name: { type } }
    const struct value *texts;    // { name: text } of the parameters, secret ones too
    const struct value *used;     // { name: true } of those that the runbook has asked for
    const struct redact *secrets;
    const char *run; // its name, another one each time
};

// The text without secrets: "${name}" where one is the value of a parameter and the rule that says
// so covers the text, else "*". Where several have that value the one that the runbook has asked
// for is named; of several of these one that is no secret, and *doubt, which may be NULL at first,
// gets all their names. A word of a command line becomes one that rule_quote can take.
const char *naming_secrets(const struct naming *, struct arena *, const char *text, enum rule_shape,
                           const char **doubt);
// The same for the other parameters, of three bytes or more, where the value stands for itself. In
// doubt it stays: it is right, whichever was meant. The run's name becomes "*".
const char *naming_plain(const struct naming *, struct arena *, const char *text,
                         const char **doubt);
